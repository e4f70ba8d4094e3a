"""Periodic work: done once in a fleet, by whoever moves its time on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from connector.storage.once import insert_once
from connector.storage.tables import duties


def plan(connection: Connection, name: str, at: datetime) -> None:
    """From now on it is known, and due at `at` at the latest."""
    insert_once(connection, duties, ("name",), {"name": name, "due_at": at})
    connection.execute(
        update(duties).where(duties.c.name == name, duties.c.due_at > at).values(due_at=at)
    )


def due(connection: Connection, name: str) -> datetime | None:
    """When it is due; None if nobody has planned it."""
    found: datetime | None = connection.execute(
        select(duties.c.due_at).where(duties.c.name == name)
    ).scalar()
    return found


def claim(connection: Connection, name: str, now: datetime, until: datetime) -> bool:
    """True for exactly one of those who ask while it is due.

    It is due again at `until`, whatever becomes of the claimer. On Postgres those who ask at the
    same time wait for the row, and then see that its time has moved on.
    """
    moved = connection.execute(
        update(duties).where(duties.c.name == name, duties.c.due_at <= now).values(due_at=until)
    )
    return moved.rowcount == 1


def again(connection: Connection, name: str, claimed: datetime, at: datetime) -> None:
    """The claimer wants it due at another time; nothing happens if somebody has claimed it since."""
    connection.execute(
        update(duties).where(duties.c.name == name, duties.c.due_at == claimed).values(due_at=at)
    )


def take(connection: Connection, name: str, now: datetime, until: datetime) -> bool:
    """`claim` of what nobody may have planned yet: the first to ask finds it due."""
    insert_once(connection, duties, ("name",), {"name": name, "due_at": now})
    return claim(connection, name, now, until)
