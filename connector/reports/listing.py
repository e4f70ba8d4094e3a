"""The episodes behind a number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, false, func, select

from connector.domain.ids import ConversationId
from connector.reports.aftermath import SATISFIED, solved
from connector.reports.gaps import avoidable
from connector.reports.periods import Period, Span
from connector.reports.within import within
from connector.storage.tables import conversations, episodes

PAGE = 50
e, c = episodes.c, conversations.c
REACHED = {
    "ticket": e.ticket_at.is_not(None),
    "reply": e.replied_at.is_not(None),
    "solved": solved(),
}
OUTCOMES = {"none": e.outcome.is_(None), "any": e.outcome.is_not(None)}
RATED = {"yes": e.score.is_not(None), "satisfied": e.score >= SATISFIED, "not": e.score < SATISFIED}


@dataclass(frozen=True)
class Wanted:
    """None: whatever it is."""

    channel: str | None = None
    language: str | None = None  # "": not known
    trigger: str | None = None
    outcome: str | None = None  # "none": it goes on; "any": it is over
    handed_over: bool | None = None
    topic: str | None = None  # "": handed over, and not known
    reached: str | None = None  # of REACHED
    rated: str | None = None  # of RATED
    reopened: bool | None = None
    came_back: str | None = None  # an outcome of the one before, or "yes"
    avoidable: bool | None = None  # an article could have spared it; False is as None


@dataclass(frozen=True)
class Listed:
    conversation: ConversationId
    number: int  # of the episode
    channel: str
    address: str
    language: str | None
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    trigger: str | None
    ticket: str | None


def listed(
    connection: Connection, period: Period | Span, wanted: Wanted, page: int
) -> tuple[int, list[Listed]]:
    """How many there are, and those of this page (from 1), the newest first."""
    conditions = [*within(period), *_conditions(wanted)]
    number = connection.execute(select(func.count()).where(*conditions)).scalar_one()
    asked = (
        select(
            e.conversation_id, e.number, e.channel, c.address, e.language, e.started_at,
            e.ended_at, e.outcome, e.trigger, e.ticket,
        )
        .join(conversations, c.id == e.conversation_id)
        .where(*conditions)
        .order_by(e.started_at.desc(), e.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )  # fmt: skip
    return number, [Listed(*tuple(row)) for row in connection.execute(asked)]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.channel is not None:
        found.append(e.channel == wanted.channel)
    if wanted.language is not None:
        found.append(e.language == wanted.language if wanted.language else e.language.is_(None))
    if wanted.trigger is not None:
        found.append(e.trigger == wanted.trigger)
    if wanted.outcome is not None:
        found.append(OUTCOMES.get(wanted.outcome, e.outcome == wanted.outcome))
    if wanted.handed_over is not None:
        found.append(e.trigger.is_not(None) if wanted.handed_over else e.trigger.is_(None))
    return [*found, *_more_conditions(wanted)]


def _more_conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """An unknown word finds nothing."""
    found: list[ColumnElement[bool]] = []
    if wanted.topic is not None:
        known = e.topic == wanted.topic
        found += [e.trigger.is_not(None), known if wanted.topic else e.topic.is_(None)]
    if wanted.reached is not None:
        found += [e.trigger.is_not(None), REACHED.get(wanted.reached, false())]
    if wanted.rated is not None:
        found.append(RATED.get(wanted.rated, false()))
    if wanted.reopened is not None:
        found.append(e.reopened > 0 if wanted.reopened else e.reopened == 0)
    if wanted.came_back is not None:
        any_of = wanted.came_back == "yes"
        found.append(e.came_back.is_not(None) if any_of else e.came_back == wanted.came_back)
    if wanted.avoidable:
        found.append(avoidable())
    return found
