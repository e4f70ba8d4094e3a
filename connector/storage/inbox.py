"""What happened, kept until it is handled; each thing once, by who said it and their id of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from connector.domain.events import Event, TimerFired
from connector.domain.ids import ConversationId
from connector.storage import codec
from connector.storage.tables import inbox, timers

# Built once: these run for every event, and building one costs as much as running it.
_FIRST_EVENT = (
    select(inbox.c.id, inbox.c.kind, inbox.c.payload, inbox.c.failures, inbox.c.due_at)
    .where(inbox.c.conversation_id == bindparam("conversation"), inbox.c.handled_at.is_(None))
    .order_by(inbox.c.id)
    .limit(1)
)
_FIRST_TIMER = (
    select(timers.c.name, timers.c.due_at)
    .where(timers.c.conversation_id == bindparam("conversation"))
    .order_by(timers.c.due_at)
    .limit(1)
)
_HANDLED = update(inbox).where(inbox.c.id == bindparam("event")).values(handled_at=bindparam("at"))
_START = insert(timers)
_STOP = delete(timers).where(
    timers.c.conversation_id == bindparam("conversation"), timers.c.name == bindparam("timer")
)


@cache
def _add(dialect: str) -> Any:
    kind = postgresql if dialect == "postgresql" else sqlite
    return (
        kind.insert(inbox)
        .on_conflict_do_nothing(index_elements=["source", "external_id"])
        .returning(inbox.c.id)
    )


@dataclass(frozen=True)
class Arrival:
    """An event to keep. `source` and `external_id` together name it for ever."""

    source: str
    external_id: str
    conversation: ConversationId
    event: Event
    raw: str | None = None  # the provider's own words


@dataclass(frozen=True)
class Waiting:
    """The next thing for a conversation to handle: an event, or a timer that ran out."""

    event: Event
    id: int | None  # None: a timer
    failures: int = 0


def add(connection: Connection, arrivals: Sequence[Arrival], at: datetime) -> list[bool]:
    """Keep what is new; for each, whether it was."""
    statement = _add(connection.dialect.name)
    fresh = []
    for arrival in arrivals:
        values = {
            "source": arrival.source,
            "external_id": arrival.external_id,
            "conversation_id": arrival.conversation,
            "kind": type(arrival.event).__name__,
            "payload": codec.dump(arrival.event),
            "raw": arrival.raw,
            "received_at": at,
            "due_at": at,
        }
        fresh.append(connection.execute(statement, values).first() is not None)
    return fresh


def upcoming(
    connection: Connection, conversation: ConversationId, now: datetime
) -> Waiting | datetime | None:
    """What to handle now, else when there will be something, else None.

    Events come before timers: a message that arrived before a timer ran out restarts it.
    """
    row = connection.execute(_FIRST_EVENT, {"conversation": conversation}).first()
    if row is not None:
        if row.due_at > now:
            return row.due_at  # type: ignore[no-any-return]
        return Waiting(codec.event(row.kind, row.payload), row.id, row.failures)
    timer = connection.execute(_FIRST_TIMER, {"conversation": conversation}).first()
    if timer is None:
        return None
    if timer.due_at > now:
        return timer.due_at  # type: ignore[no-any-return]
    return Waiting(TimerFired(now, timer.name), None)


def handled(
    connection: Connection, conversation: ConversationId, waiting: Waiting, at: datetime
) -> None:
    """In the same transaction that keeps what the event led to."""
    if waiting.id is not None:
        connection.execute(_HANDLED, {"event": waiting.id, "at": at})
    elif isinstance(waiting.event, TimerFired):
        stop_timer(connection, conversation, waiting.event.name)


def failed(connection: Connection, waiting: Waiting, due_at: datetime) -> None:
    """It could not be handled: its conversation waits until then; no other does."""
    if waiting.id is not None:
        connection.execute(
            update(inbox)
            .where(inbox.c.id == waiting.id)
            .values(failures=waiting.failures + 1, due_at=due_at)
        )


def set_timer(
    connection: Connection, conversation: ConversationId, name: str, due_at: datetime
) -> None:
    stop_timer(connection, conversation, name)
    row = {"conversation_id": conversation, "name": name, "due_at": due_at}
    connection.execute(_START, row)


def stop_timer(connection: Connection, conversation: ConversationId, name: str) -> None:
    connection.execute(_STOP, {"conversation": conversation, "timer": name})
