"""What stands beside the rate, so that a falling rate that hurts customers shows."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, case, func, or_, select

from connector.domain.conversation import Outcome
from connector.reports.periods import Period
from connector.reports.shares import rate
from connector.reports.within import e, within

SATISFIED = 4  # of 5, and more


@dataclass(frozen=True)
class Aftermath:
    """Counts of one period's episodes."""

    begun: int
    came_back: int  # begun within a day of the end of the one before
    unresolved: int  # of these, those where the bot was thought to have resolved it
    solved: int  # by an agent, at least once
    reopened: int  # of these, those that were reopened
    rated: int  # those that answered the survey
    satisfied: int  # of these, with 4 or 5
    points: int  # the sum of what was answered

    @property
    def came_back_rate(self) -> float | None:
        """Of all that began, in percent."""
        return rate(self.came_back, self.begun)

    @property
    def reopened_rate(self) -> float | None:
        """Of those that an agent had solved, in percent."""
        return rate(self.reopened, self.solved)

    @property
    def csat(self) -> float | None:
        """4 or 5 of all answers, in percent."""
        return rate(self.satisfied, self.rated)

    @property
    def score(self) -> float | None:
        """The mean answer, from 1 to 5, to two decimals."""
        return round(self.points / self.rated, 2) if self.rated else None


def solved() -> ColumnElement[bool]:
    return or_(e.outcome == Outcome.AGENT_RESOLVED.value, e.reopened > 0)


def aftermath(connection: Connection, period: Period) -> Aftermath:
    counted = select(
        func.count(),
        func.count(e.came_back),
        _of(e.came_back == Outcome.BOT_RESOLVED.value),
        _of(solved()),
        _of(e.reopened > 0),
        func.count(e.score),
        _of(e.score >= SATISFIED),
        func.coalesce(func.sum(e.score), 0),
    )
    return Aftermath(*connection.execute(counted.where(*within(period))).one())


def _of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))
