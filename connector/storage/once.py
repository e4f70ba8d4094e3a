"""INSERT that leaves a row alone which is there already; built once a table and dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from connector.storage.prepared import Prepared


@cache
def _statement(table: Table, dialect: str, unique: tuple[str, ...]) -> Prepared:
    kind: Any = postgresql if dialect == "postgresql" else sqlite
    return Prepared(kind.insert(table).on_conflict_do_nothing(index_elements=list(unique)))


def insert_once(
    connection: Connection, table: Table, unique: Sequence[str], values: Mapping[str, object]
) -> None:
    _statement(table, connection.dialect.name, tuple(unique))(connection, values)
