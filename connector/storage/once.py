"""INSERT where a row may be there already: leave that one alone, or put the new values into it.

Built once a table and dialect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from connector.storage.prepared import Prepared


def insert(table: Table, dialect: str) -> Any:
    """The dialect's own INSERT, which knows ON CONFLICT."""
    kind: Any = postgresql if dialect == "postgresql" else sqlite
    return kind.insert(table)


@cache
def _once(table: Table, dialect: str, unique: tuple[str, ...]) -> Prepared:
    # Without names: whatever is unique.
    return Prepared(
        insert(table, dialect).on_conflict_do_nothing(index_elements=list(unique) or None)
    )


@cache
def _put(table: Table, dialect: str, unique: tuple[str, ...], names: tuple[str, ...]) -> Prepared:
    added = insert(table, dialect)
    newer = {name: added.excluded[name] for name in names if name not in unique}
    return Prepared(added.on_conflict_do_update(index_elements=list(unique), set_=newer))


def insert_once(
    connection: Connection, table: Table, unique: Sequence[str], values: Mapping[str, object]
) -> None:
    _once(table, connection.dialect.name, tuple(unique))(connection, values)


def put(
    connection: Connection, table: Table, unique: Sequence[str], values: Mapping[str, object]
) -> None:
    _put(table, connection.dialect.name, tuple(unique), tuple(values))(connection, values)
