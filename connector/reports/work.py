"""What is under way: events that nobody has handled yet, and calls that have not been made yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from connector.domain.ids import ConversationId
from connector.storage.tables import conversations, inbox, outbox

PAGE = 50
c, i, o = conversations.c, inbox.c, outbox.c


@dataclass(frozen=True)
class Task:
    """One event or call."""

    what: str  # its name in the program
    conversation: ConversationId
    channel: str | None
    since: datetime  # arrived, or ordered
    due_at: datetime
    tries: int  # that failed, so far
    error: str | None  # of the last one


def events(connection: Connection, page: int) -> tuple[int, list[Task]]:
    """How many are not handled, and those of this page (from 1), the oldest first."""
    waits = i.handled_at.is_(None)
    number = connection.execute(select(func.count()).where(waits)).scalar_one()
    asked = (
        select(i.kind, i.conversation_id, c.channel, i.received_at, i.due_at, i.failures)
        .join_from(inbox, conversations, c.id == i.conversation_id, isouter=True)
        .where(waits)
        .order_by(i.received_at, i.id)
    )
    rows = connection.execute(asked.limit(PAGE).offset((page - 1) * PAGE))
    return number, [Task(*row, None) for row in rows]


def calls(connection: Connection, page: int) -> tuple[int, list[Task]]:
    """How many are ordered and not done, and those of this page (from 1), the oldest first."""
    waits = o.done_at.is_(None)
    number = connection.execute(select(func.count()).where(waits)).scalar_one()
    columns = o.kind, o.conversation_id, c.channel, o.created_at, o.due_at, o.attempts, o.error
    asked = (
        select(*columns)
        .join_from(outbox, conversations, c.id == o.conversation_id, isouter=True)
        .where(waits)
        .order_by(o.created_at, o.id)
    )
    rows = connection.execute(asked.limit(PAGE).offset((page - 1) * PAGE))
    return number, [Task(*row) for row in rows]
