"""Everything that is planned for a time, moved by as much as the clock was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Connection, Table, select, update

from connector.storage.tables import circuits, inbox, outbox, paces, sign_ins, timers

# What is open, and the times in it. Times of what has happened stay: they say when it did.
_OPEN: tuple[tuple[Table, Any, tuple[str, ...]], ...] = (
    (timers, True, ("due_at",)),
    (inbox, inbox.c.handled_at.is_(None), ("due_at",)),
    # `tried_at` too: a provider is asked for what it took since then, by its own clock.
    (outbox, outbox.c.done_at.is_(None), ("due_at", "tried_at", "created_at")),
    (circuits, circuits.c.open_until.is_not(None), ("open_until",)),
    (paces, True, ("arrival_at",)),
    (sign_ins, sign_ins.c.renewing_until.is_not(None), ("renewing_until",)),
)


def shift(connection: Connection, by: timedelta) -> int:
    """Move them; how many rows that were."""
    moved = 0
    for table, is_open, names in _OPEN:
        chosen = select(table) if is_open is True else select(table).where(is_open)
        for row in connection.execute(chosen).mappings().all():
            key: list[Column[Any]] = list(table.primary_key)
            later = {name: row[name] + by for name in names if row[name] is not None}
            same = [column == row[column.name] for column in key]
            connection.execute(update(table).where(*same).values(later))
            moved += 1
    return moved
