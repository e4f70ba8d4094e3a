"""How far something has been read at a provider: a name and a text that its reader understands."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from connector.storage.tables import cursors


@cache
def _put(dialect: str) -> Any:
    kind: Any = postgresql if dialect == "postgresql" else sqlite
    added = kind.insert(cursors)
    newer = {name: added.excluded[name] for name in ("value", "updated_at")}
    return added.on_conflict_do_update(index_elements=["name"], set_=newer)


def get(connection: Connection, name: str) -> str | None:
    found: str | None = connection.execute(
        select(cursors.c.value).where(cursors.c.name == name)
    ).scalar()
    return found


def put(connection: Connection, name: str, value: str, at: datetime) -> None:
    row = {"name": name, "value": value, "updated_at": at}
    connection.execute(_put(connection.dialect.name), row)
