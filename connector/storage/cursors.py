"""How far something has been read at a provider: a name and a text that its reader understands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from connector.storage import once
from connector.storage.prepared import Prepared
from connector.storage.tables import cursors

_VALUE = Prepared(select(cursors.c.value).where(cursors.c.name == bindparam("called")))


def get(connection: Connection, name: str) -> str | None:
    found: str | None = _VALUE(connection, {"called": name}).scalar()
    return found


def put(connection: Connection, name: str, value: str, at: datetime) -> None:
    row = {"name": name, "value": value, "updated_at": at}
    once.put(connection, cursors, ("name",), row)
