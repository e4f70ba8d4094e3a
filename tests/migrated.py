"""Migrated databases for tests that are not about migrating.

The first of its kind is migrated by the product, and what that did to the database is done again to
the others: the same statements, without all that Alembic does around them. The migrations themselves
are tested in tests/storage/test_migrations.py, and by every test that starts a process.
"""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import Connection, Engine, event

from connector.storage import engine, schema
from connector.storage.engine import Database

Statement = tuple[str, Any]
_done: dict[str, list[Statement]] = {}  # by the database's kind


def migrate(db: Database) -> None:
    """What `schema.migrate` does to a database that is empty."""
    kind = db.engine.dialect.name
    if kind not in _done:
        _done[kind] = _recorded(db)
    else:
        db.write(lambda c: _again(c, _done[kind]))


def make(url: str) -> None:
    """The same, for who opens the database on their own."""
    db = engine.connect(url)
    try:
        migrate(db)
    finally:
        db.close()


def _recorded(db: Database) -> list[Statement]:
    found: list[Statement] = []
    here = threading.get_ident()

    def keep(_: Any, __: Any, statement: str, parameters: Any, ___: Any, many: bool) -> None:
        if threading.get_ident() == here and not statement.lstrip().startswith("SELECT"):
            assert not many
            found.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        schema.migrate(db)
    finally:
        event.remove(Engine, "before_cursor_execute", keep)
    return found


def _again(connection: Connection, done: list[Statement]) -> None:
    for statement, parameters in done:
        connection.exec_driver_sql(statement, parameters or None)
