"""The figures of one period: how many episodes, how many handed over and why, how each ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, case, func, select

from connector.domain.conversation import Outcome
from connector.domain.handoff.base import Trigger
from connector.reports.periods import Period
from connector.reports.seconds import seconds
from connector.reports.shares import Spread, rate, shares, spread
from connector.reports.within import e, within


@dataclass(frozen=True)
class Cell:
    """So many episodes that are alike in all this."""

    channel: str
    language: str | None
    trigger: str | None  # None: not handed over
    outcome: str | None  # None: it goes on
    topic: str | None  # None: not known; only what is handed over is asked for one
    number: int


@dataclass(frozen=True)
class Group:
    """The episodes of one channel or language."""

    name: str  # "" for a language that is not known
    episodes: int
    handed_over: int

    @property
    def rate(self) -> float | None:
        return rate(self.handed_over, self.episodes)


@dataclass(frozen=True)
class Topic:
    """What customers were handed over for."""

    name: str  # "" where it is not known
    handed_over: int
    share: float  # of all that were handed over
    rate: float | None  # of all conversations that began: so many in a hundred


@dataclass(frozen=True)
class Part:
    """One outcome or trigger, and its share of all that have one."""

    name: str
    number: int
    share: float


@dataclass(frozen=True)
class Figures:
    """What the cells of a period come to."""

    period: Period
    cells: tuple[Cell, ...]

    @property
    def episodes(self) -> int:
        return sum(c.number for c in self.cells)

    @property
    def handed_over(self) -> int:
        return sum(c.number for c in self.cells if c.trigger)

    @property
    def rate(self) -> float | None:
        """Handed over of all that began, in percent."""
        return rate(self.handed_over, self.episodes)

    @property
    def going_on(self) -> int:
        return sum(c.number for c in self.cells if c.outcome is None)

    @property
    def outcomes(self) -> list[Part]:
        """All there are, of the episodes that are over; the shares sum to 100.0 (A58)."""
        return self._parts([x.value for x in Outcome], lambda c: c.outcome)

    @property
    def triggers(self) -> list[Part]:
        """All there are, in the order in which they decide; the shares sum to 100.0."""
        return self._parts([x.value for x in Trigger], lambda c: c.trigger)

    def _parts(self, known: Iterable[str], of: Callable[[Cell], str | None]) -> list[Part]:
        counted = Counter[str]()
        for cell in self.cells:
            if (name := of(cell)) is not None:
                counted[name] += cell.number
        # What another version wrote is shown too: the sum is of all of them.
        names = list(dict.fromkeys([*known, *sorted(counted)]))
        numbers = [counted[name] for name in names]
        return [Part(*x) for x in zip(names, numbers, shares(numbers), strict=True)]

    @property
    def channels(self) -> list[Group]:
        return self._groups(lambda c: c.channel)

    @property
    def languages(self) -> list[Group]:
        return self._groups(lambda c: c.language or "")

    @property
    def topics(self) -> list[Topic]:
        """Of what was handed over, the most frequent first; the shares sum to 100.0."""
        counted = Counter[str]()
        for cell in self.cells:
            if cell.trigger:
                counted[cell.topic or ""] += cell.number
        names = sorted(counted, key=lambda name: (not name, -counted[name], name))
        parts = shares([counted[name] for name in names])
        whole = self.episodes
        return [
            Topic(name, counted[name], part, rate(counted[name], whole))
            for name, part in zip(names, parts, strict=True)
        ]

    def _groups(self, of: Callable[[Cell], str]) -> list[Group]:
        """The largest first."""
        all_of, handed = Counter[str](), Counter[str]()
        for cell in self.cells:
            all_of[of(cell)] += cell.number
            handed[of(cell)] += cell.number if cell.trigger else 0
        ordered = sorted(all_of, key=lambda name: (-all_of[name], name))
        return [Group(name, all_of[name], handed[name]) for name in ordered]


@dataclass(frozen=True)
class Times:
    """From the handoff on, of the period's episodes that got so far."""

    to_ticket: Spread
    to_reply: Spread  # an agent's first public comment
    to_solved: Spread


NONE = (Spread(0), Spread(0), Spread(0))


@dataclass(frozen=True)
class Point:
    """One period of the trend."""

    period: Period
    episodes: int
    handed_over: int

    @property
    def rate(self) -> float | None:
        return rate(self.handed_over, self.episodes)


def figures(connection: Connection, period: Period) -> Figures:
    columns = (e.channel, e.language, e.trigger, e.outcome, e.topic)
    counted = select(*columns, func.count().label("number")).where(*within(period))
    rows = connection.execute(counted.group_by(*columns))
    return Figures(period, tuple(Cell(*row) for row in rows))


def trend(connection: Connection, period: Period) -> list[Point]:
    """The period and those before it, the oldest first."""
    found = []
    for each in period.trend():
        counted = select(func.count(), func.count(e.trigger)).where(*within(each))
        all_of, handed = connection.execute(counted).one()
        found.append(Point(each, all_of, handed))
    return found


def times(connection: Connection, period: Period) -> Times:
    begun = e.handed_off_at
    solved = case((e.outcome == Outcome.AGENT_RESOLVED.value, seconds(begun, e.ended_at)))
    asked = select(seconds(begun, e.ticket_at), seconds(begun, e.replied_at), solved)
    # Of the two that a handoff sets, the one that there is an index of.
    rows = connection.execute(asked.where(*within(period), e.trigger.is_not(None))).all()
    return Times(*(spread(_waits(column)) for column in zip(*rows, strict=True)) if rows else NONE)


def _waits(column: Iterable[float | None]) -> list[timedelta]:
    """A clock that was set back makes no wait shorter than none."""
    return [timedelta(seconds=max(each, 0.0)) for each in column if each is not None]
