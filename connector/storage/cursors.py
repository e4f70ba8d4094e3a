"""How far something has been read at a provider: a name and a text that its reader understands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from connector.storage import once
from connector.storage.tables import cursors


def get(connection: Connection, name: str) -> str | None:
    found: str | None = connection.execute(
        select(cursors.c.value).where(cursors.c.name == name)
    ).scalar()
    return found


def put(connection: Connection, name: str, value: str, at: datetime) -> None:
    row = {"name": name, "value": value, "updated_at": at}
    once.put(connection, cursors, ("name",), row)
