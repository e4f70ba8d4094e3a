"""What begins with a prefix, found in an index: ids are made of each other that way."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection


def begins(connection: Connection, column: Any, prefix: str) -> ColumnElement[bool]:
    """SQLite finds a range in an index, and no LIKE; a server's order may follow a language."""
    if connection.dialect.name == "sqlite":
        found: ColumnElement[bool] = column.between(prefix, prefix + "\x7f")
        return found
    like: ColumnElement[bool] = column.startswith(prefix, autoescape=True)
    return like
