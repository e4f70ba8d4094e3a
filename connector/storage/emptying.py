"""Texts taken out of rows, whose shape stays: who, when, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from connector.domain.conversation import Message
from connector.domain.ids import ConversationId
from connector.storage import codec
from connector.storage.tables import inbox
from connector.storage.tables import messages as messages_

NOTHING = "{}"
AT_ONCE = 500  # rows
_EMPTY = (
    update(messages_).where(messages_.c.id == bindparam("ours")).values(body=bindparam("empty"))
)


def emptied(message: Message) -> Message:
    """Without what was said, by whom by name, and the providers' ids of it."""
    return replace(message, text="", media=(), external=(), author_name=None, why="", comment=None)


def messages(connection: Connection, ours: ConversationId, episode: int) -> int:
    """All of an episode's; how many there were something to take out of."""
    m = messages_.c
    asked = select(m.id, m.body).where(m.conversation_id == ours, m.episode == episode)
    return _empty(connection, connection.execute(asked))


def some_messages(connection: Connection, ours: ConversationId, episode: int, after: int) -> int:
    """The next AT_ONCE behind the message number `after`; the last one's number, 0 at the end."""
    m = messages_.c
    asked = select(m.id, m.body, m.seq).where(
        m.conversation_id == ours, m.episode == episode, m.seq > after
    )
    rows = connection.execute(asked.order_by(m.seq).limit(AT_ONCE)).all()
    _empty(connection, rows)
    return rows[-1].seq if len(rows) == AT_ONCE else 0


def _empty(connection: Connection, rows: Iterable[Any]) -> int:
    changed = []
    for row in rows:
        before = codec.load_message(row.body)
        after = emptied(before)
        if after != before:
            changed.append({"ours": row.id, "empty": codec.dump(after)})
    if changed:
        connection.execute(_EMPTY, changed)
    return len(changed)


def what_others_read(connection: Connection, others: Collection[ConversationId]) -> None:
    """Conversations that were merged into the same ticket have read what stands in it."""
    i = inbox.c
    if others:
        read = i.conversation_id.in_(others) & (i.kind == "TicketRead") & i.handled_at.is_not(None)
        connection.execute(update(inbox).where(read).values(payload=NOTHING, raw=None))


def as_object(payload: str) -> Mapping[str, Any]:
    found = json.loads(payload)
    return found if isinstance(found, dict) else {}


def nested(found: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The object that stands there, {} where there is none."""
    for name in names:
        below = found.get(name)
        found = below if isinstance(below, dict) else {}
    return found
