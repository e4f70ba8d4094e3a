"""Everything that is held of one customer, as plain facts: what `connector export` writes.

`docs/DATA.md` describes the shape; `FORMAT` grows whenever a key changes its meaning.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from connector.storage.begins import begins
from connector.storage.held import Held
from connector.storage.tables import (
    attempts,
    considered,
    conversations,
    episodes,
    inbox,
    links,
    messages,
    outbox,
    timers,
)

FORMAT = 1
Fact = dict[str, Any]
Tell = Callable[[str, int, int], None]  # what, done, of


def everything(
    connection: Connection, asked_for: str, found: Iterable[Held], now: datetime, tell: Tell
) -> Fact:
    held = list(found)
    told = []
    for place, each in enumerate(held):
        tell("reading", place, len(held))
        told.append(_conversation(connection, each))
    return {
        "format": FORMAT,
        "exported_at": now,
        "asked_for": asked_for,
        "conversations": told,
    }


def _conversation(connection: Connection, each: Held) -> Fact:
    c = conversations.c
    row = connection.execute(select(conversations).where(c.id == each.id)).mappings().one()
    state = json.loads(row["state"])
    return {
        "id": each.id,
        "channel": each.channel,
        "address": each.address,
        "name": state.get("customer_name"),
        "phone": state.get("customer_phone"),
        "language": state.get("language"),
        "opted_out": state.get("opted_out", False),
        "state": {"holder": row["holder"], "updated_at": row["updated_at"], **state},
        "episodes": _rows(connection, episodes, begins(connection, episodes.c.id, f"{each.id}-")),
        "messages": _messages(connection, each),
        "triggers": _rows(
            connection, considered, begins(connection, considered.c.episode_id, f"{each.id}-")
        ),
        "received": _rows(connection, inbox, inbox.c.conversation_id == each.id),
        "calls": _calls(connection, each),
        "tickets": _rows(connection, links, links.c.conversation_id == each.id),
        "timers": _rows(connection, timers, timers.c.conversation_id == each.id),
    }


def _messages(connection: Connection, each: Held) -> list[Fact]:
    m = messages.c
    asked = select(m.body).where(m.conversation_id == each.id).order_by(m.seq)
    return [json.loads(body) for body in connection.scalars(asked)]


def _calls(connection: Connection, each: Held) -> list[Fact]:
    o, a = outbox.c, attempts.c
    mine = begins(connection, o.key, each.id), o.conversation_id == each.id
    found = _rows(connection, outbox, *mine)
    tried = select(attempts).join(outbox, o.id == a.outbox_id).where(*mine)
    by_call: dict[int, list[Fact]] = {}
    for row in connection.execute(tried.order_by(a.outbox_id, a.number)).mappings():
        by_call.setdefault(row["outbox_id"], []).append(_fact(row))
    return [call | {"tried": by_call.get(call["id"], [])} for call in found]


def _rows(connection: Connection, table: Table, *conditions: Any) -> list[Fact]:
    order = list(table.primary_key)
    rows = connection.execute(select(table).where(*conditions).order_by(*order)).mappings()
    return [_fact(row) for row in rows]


def _fact(row: Any) -> Fact:
    """Columns that hold JSON as what it says; the conversation's id stands above."""
    opened = {"payload", "raw", "evidence"}
    return {
        name: json.loads(value) if name in opened and value is not None else value
        for name, value in row.items()
        if name != "conversation_id"
    }
