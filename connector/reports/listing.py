"""The episodes behind a number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from connector.domain.ids import ConversationId
from connector.reports.handoffs import within
from connector.reports.periods import Period
from connector.storage.tables import conversations, episodes

PAGE = 50
DEEPEST = 200  # pages
e, c = episodes.c, conversations.c


@dataclass(frozen=True)
class Wanted:
    """None: whatever it is."""

    channel: str | None = None
    language: str | None = None  # "": not known
    trigger: str | None = None
    outcome: str | None = None  # "none": it goes on
    handed_over: bool | None = None


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
    connection: Connection, period: Period, wanted: Wanted, page: int
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
        going_on = wanted.outcome == "none"
        found.append(e.outcome.is_(None) if going_on else e.outcome == wanted.outcome)
    if wanted.handed_over is not None:
        found.append(e.trigger.is_not(None) if wanted.handed_over else e.trigger.is_(None))
    return found
