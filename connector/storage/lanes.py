"""Which lanes have something to do: what a sweep wakes, so that a lost wake-up costs seconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from connector.domain.effects import Direction
from connector.domain.ids import ConversationId
from connector.domain.lanes import INBOX, Lane
from connector.storage.engine import Database
from connector.storage.prepared import Prepared
from connector.storage.tables import inbox, outbox, timers

AHEAD = timedelta(minutes=1)  # several sweeps
EVER = datetime(9999, 1, 1, tzinfo=UTC)

_FIRST_EVENT = (
    select(func.min(inbox.c.id))
    .where(inbox.c.handled_at.is_(None))
    .group_by(inbox.c.conversation_id)
)
_EVENTS = Prepared(
    select(inbox.c.conversation_id, inbox.c.due_at.label("due")).where(inbox.c.id.in_(_FIRST_EVENT))
)
_TIMERS = Prepared(
    select(timers.c.conversation_id, func.min(timers.c.due_at).label("due"))
    .where(timers.c.due_at <= bindparam("until"))
    .group_by(timers.c.conversation_id)
)
_FIRST_CALL = (
    select(func.min(outbox.c.id))
    .where(outbox.c.done_at.is_(None))
    .group_by(outbox.c.conversation_id, outbox.c.direction)
)
_CALLS = Prepared(
    select(outbox.c.conversation_id, outbox.c.direction, outbox.c.due_at.label("due")).where(
        outbox.c.id.in_(_FIRST_CALL)
    )
)


def looking(
    db: Database, now: Callable[[], datetime], ahead: timedelta = AHEAD
) -> Callable[[], dict[Lane, datetime]]:
    """What a runner sweeps with."""
    return lambda: db.read(lambda c: waiting(c, now() + ahead))


def waiting(connection: Connection, until: datetime = EVER) -> dict[Lane, datetime]:
    """Every lane with unfinished work, and when the first of it is due: the rest waits for that.

    Timers that run out after `until` are left out: every open conversation has one.
    """
    found: dict[Lane, datetime] = {}
    for rows in (_EVENTS(connection), _TIMERS(connection, {"until": until})):
        for row in rows:
            lane = Lane(ConversationId(row.conversation_id), INBOX)
            found[lane] = min(found.get(lane, row.due), row.due)
    for call in _CALLS(connection):
        name = Direction(call.direction).value
        found[Lane(ConversationId(call.conversation_id), name)] = call.due
    return found
