"""What was given up on, and what can't be handled: shown, tried again, or dropped for good."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, literal_column, select, update

from connector.domain.conversation import Author
from connector.domain.ids import ConversationId
from connector.domain.lanes import INBOX, Lane
from connector.storage import codec
from connector.storage import outbox as calls
from connector.storage.outbox import State
from connector.storage.tables import conversations, inbox, messages, outbox

CALL, EVENT = "call", "event"
DIGITS = 18  # of a row's number: more would be none that a database knows


@dataclass(frozen=True)
class Buried:
    id: str  # call-12 | event-7
    what: str  # the call's or event's name
    conversation: ConversationId
    channel: str
    since: datetime  # ordered, or arrived
    attempts: int
    reason: str
    customer_saw: str  # what they were told last, and what became of that


def listed(connection: Connection) -> list[Buried]:
    """All of them, the oldest first."""
    found = [_call(connection, row) for row in connection.execute(_calls())]
    found += [_event(connection, row) for row in connection.execute(_events())]
    return sorted(found, key=lambda each: each.since)


def replay(connection: Connection, wanted: str, now: datetime) -> Lane | None:
    """Try it again, as if it were ordered now; its lane, or None if there is no such thing."""
    row = _find(connection, wanted)
    if row is None:
        return None
    if not wanted.startswith(CALL):
        connection.execute(update(inbox).where(inbox.c.id == row.id).values(due_at=now))
        return _lane(row)
    call = codec.call(row.kind, row.payload)
    # A row of its own: the old one's outcome is an event already, and each is told once.
    again = replace(call, key=f"{call.key}:again{row.id}")
    if not _end(connection, row.id, State.REPLAYED):
        return None
    calls.add(connection, ConversationId(row.conversation_id), again, now)
    return _lane(row)


def drop(connection: Connection, wanted: str, now: datetime) -> Lane | None:
    """Never try it again; its lane, or None if there is no such thing."""
    row = _find(connection, wanted)
    if row is None:
        return None
    if wanted.startswith(CALL):
        ended = _end(connection, row.id, State.DROPPED)
    else:
        open_ = inbox.c.id == row.id, inbox.c.handled_at.is_(None)
        done = connection.execute(update(inbox).where(*open_).values(handled_at=now))
        ended = done.rowcount == 1
    return _lane(row) if ended else None


def _find(connection: Connection, wanted: str) -> Row[Any] | None:
    kind, _, number = wanted.partition("-")
    if kind not in (CALL, EVENT) or not number.isdecimal() or len(number) > DIGITS:
        return None
    chosen, column = (_calls(), outbox.c.id) if kind == CALL else (_events(), inbox.c.id)
    return connection.execute(chosen.where(column == int(number))).first()


def _lane(row: Row[Any]) -> Lane:
    return Lane(ConversationId(row.conversation_id), getattr(row, "direction", INBOX))


def _calls() -> Select[Any]:
    here = conversations.c.id == outbox.c.conversation_id
    chosen = select(outbox, conversations.c.channel).join(conversations, here)
    # As a literal: else the index of what is buried would not be used.
    return chosen.where(literal_column("outbox.state = 'buried'")).order_by(outbox.c.id)


def _events() -> Select[Any]:
    here = conversations.c.id == inbox.c.conversation_id
    chosen = select(inbox, conversations.c.channel).join(conversations, here)
    return chosen.where(inbox.c.handled_at.is_(None), inbox.c.failures > 0).order_by(inbox.c.id)


def _end(connection: Connection, number: int, state: State) -> bool:
    """False: on a server somebody else has, since it was looked at."""
    still = update(outbox).where(outbox.c.id == number, literal_column("outbox.state = 'buried'"))
    return connection.execute(still.values(state=state.value)).rowcount == 1


def _call(connection: Connection, row: Row[Any]) -> Buried:
    reason = row.error or ""
    return _buried(connection, f"{CALL}-{row.id}", row, row.created_at, row.attempts, reason)


def _event(connection: Connection, row: Row[Any]) -> Buried:
    reason = "the connector can't handle it: see `event_parked` in the log"
    return _buried(connection, f"{EVENT}-{row.id}", row, row.received_at, row.failures, reason)


def _buried(
    connection: Connection, name: str, row: Row[Any], since: datetime, attempts: int, reason: str
) -> Buried:
    ours = ConversationId(row.conversation_id)
    saw = _saw(connection, ours)
    return Buried(name, row.kind, ours, row.channel, since, attempts, reason, saw)


def _saw(connection: Connection, ours: ConversationId) -> str:
    m = messages
    to_them = (m.c.conversation_id == ours, m.c.author != Author.CUSTOMER.value)
    newest = select(m.c.body).where(*to_them).order_by(m.c.seq.desc()).limit(1)
    body = connection.execute(newest).scalar()
    if body is None:
        return "nothing so far"
    last = codec.load_message(body)
    return f"{last.delivery.value}: {last.text}"
