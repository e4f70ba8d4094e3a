"""What happened, kept until it is handled; each thing once, by who said it and their id of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from connector.domain.events import Event, TimerFired
from connector.domain.ids import ConversationId
from connector.errors import StaleConversation
from connector.storage import codec, once
from connector.storage.prepared import Prepared
from connector.storage.tables import inbox, timers

_FIRST_EVENTS = Prepared(
    select(inbox.c.id, inbox.c.kind, inbox.c.payload, inbox.c.failures, inbox.c.due_at)
    .where(inbox.c.conversation_id == bindparam("conversation"), inbox.c.handled_at.is_(None))
    .order_by(inbox.c.id)
    .limit(2)
)
_FIRST_TIMER = Prepared(
    select(timers.c.name, timers.c.due_at)
    .where(timers.c.conversation_id == bindparam("conversation"))
    .order_by(timers.c.due_at)
    .limit(1)
)
_HANDLED = Prepared(
    update(inbox)
    .where(
        inbox.c.id == bindparam("event"),
        # SQLite gives a deleted row's number to another one.
        inbox.c.conversation_id == bindparam("conversation"),
        inbox.c.handled_at.is_(None),
    )
    .values(handled_at=bindparam("at"))
)
_FIRED = Prepared(
    delete(timers).where(
        timers.c.conversation_id == bindparam("conversation"),
        timers.c.name == bindparam("timer"),
        timers.c.due_at <= bindparam("at"),
    )
)
_START = Prepared(insert(timers))
_STOP = Prepared(
    delete(timers).where(
        timers.c.conversation_id == bindparam("conversation"), timers.c.name == bindparam("timer")
    )
)


@cache
def _add(dialect: str) -> Prepared:
    return Prepared(
        once.insert(inbox, dialect)
        .on_conflict_do_nothing(index_elements=["source", "external_id"])
        .returning(inbox.c.id)
    )


_FORGOTTEN = Prepared(
    select(inbox.c.id).where(
        inbox.c.source == bindparam("by"), inbox.c.external_id == bindparam("digest")
    )
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
class Unreadable:
    """It was written by a version that knew more, or is damaged."""


@dataclass(frozen=True)
class Waiting:
    """The next thing for a conversation to handle: an event, or a timer that ran out."""

    event: Event | Unreadable
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
        fresh.append(statement(connection, values).first() is not None)
    return fresh


def digest(external_id: str) -> str:
    """What stands for an id of a forgotten customer's: some providers' ids hold the phone number."""
    return "sha256:" + hashlib.sha256(external_id.encode()).hexdigest()


def forgotten(connection: Connection, source: str, external_id: str) -> bool:
    """Whether this was told before, by somebody who is forgotten since: it may come once more."""
    known = {"by": source, "digest": digest(external_id)}
    return _FORGOTTEN(connection, known).first() is not None


def upcoming(
    connection: Connection, conversation: ConversationId, now: datetime
) -> tuple[Waiting | None, datetime | None]:
    """What to handle now, if anything; and when there will be more, if nothing else arrives.

    Events come before timers: a message that arrived before a timer ran out restarts it.
    """
    events = list(_FIRST_EVENTS(connection, {"conversation": conversation}))
    timer = _FIRST_TIMER(connection, {"conversation": conversation}).first()
    if events and events[0].due_at > now:
        return None, events[0].due_at
    later = [timer.due_at] if timer else []
    if events:
        first = events[0]
        waiting = Waiting(_read(first.kind, first.payload), first.id, first.failures)
        return waiting, min([e.due_at for e in events[1:]] + later, default=None)
    if timer is None or timer.due_at > now:
        return None, timer.due_at if timer else None
    # Behind this timer there may be others: look again.
    return Waiting(TimerFired(now, timer.name), None), now


def _read(kind: str, payload: str) -> Event | Unreadable:
    try:
        return codec.event(kind, payload)
    except (KeyError, ValueError):
        return Unreadable()


def handled(
    connection: Connection, conversation: ConversationId, waiting: Waiting, at: datetime
) -> None:
    """In the same transaction that keeps what the event led to.

    Raise StaleConversation if another worker has handled it, or set the timer anew.
    """
    if waiting.id is not None:
        done = _HANDLED(connection, {"event": waiting.id, "conversation": conversation, "at": at})
    else:
        assert isinstance(waiting.event, TimerFired)  # noqa: S101 - all else has an id
        fired = {"conversation": conversation, "timer": waiting.event.name}
        done = _FIRED(connection, fired | {"at": waiting.event.at})
    if done.rowcount != 1:
        raise StaleConversation(conversation)


def failed(
    connection: Connection, conversation: ConversationId, waiting: Waiting, due_at: datetime
) -> None:
    """It could not be handled: its conversation waits until then; no other does."""
    if isinstance(waiting.event, TimerFired):
        set_timer(connection, conversation, waiting.event.name, due_at)
        return
    connection.execute(
        update(inbox)
        .where(inbox.c.id == waiting.id, inbox.c.conversation_id == conversation)
        .values(failures=waiting.failures + 1, due_at=due_at)
    )


def set_timer(
    connection: Connection, conversation: ConversationId, name: str, due_at: datetime
) -> None:
    stop_timer(connection, conversation, name)
    row = {"conversation_id": conversation, "name": name, "due_at": due_at}
    _START(connection, row)


def stop_timer(connection: Connection, conversation: ConversationId, name: str) -> None:
    _STOP(connection, {"conversation": conversation, "timer": name})
