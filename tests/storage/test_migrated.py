"""The short way to a migrated database leads to the same one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from connector.storage import engine, schema
from connector.storage.engine import Database
from tests import migrated

SQLITE = (
    "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name",
    "PRAGMA user_version",
    "SELECT * FROM alembic_version",
)
# Without the names of the schemas, which differ.
POSTGRES = (
    "SELECT table_name, column_name, column_default, is_nullable, data_type, is_identity"
    " FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2",
    "SELECT tablename, indexname, replace(indexdef, current_schema(), '') FROM pg_indexes"
    " WHERE schemaname = current_schema() ORDER BY 1, 2",
    "SELECT c.conname, replace(pg_get_constraintdef(c.oid), current_schema(), '')"
    " FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace"
    " WHERE n.nspname = current_schema() ORDER BY 1, 2",
    "SELECT * FROM alembic_version",
)


def shape(db: Database) -> list[Any]:
    def work(connection: Connection) -> list[Any]:
        asked = POSTGRES if connection.dialect.name == "postgresql" else SQLITE
        return [[tuple(row) for row in connection.execute(text(each))] for each in asked]

    return db.read(work)


def emptied(db: Database) -> None:
    if db.engine.dialect.name == "postgresql":
        # The only schema in this connection's path is the test's own.
        db.write(lambda c: c.execute(text(
            "DO $$ BEGIN EXECUTE format('DROP SCHEMA %I CASCADE; CREATE SCHEMA %I', "
            "current_schema(), current_schema()); END $$"
        )))  # fmt: skip


def test_it_is_what_the_migrations_make(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = engine.connect(database_url)
    schema.migrate(db)
    wanted = shape(db)
    assert len(wanted[0]) > 20
    monkeypatch.setattr(migrated, "_done", {})
    for name in ("first", "again"):  # recorded, then played
        emptied(db)
        if db.engine.dialect.name == "sqlite":
            db.close()
            db = engine.connect(f"sqlite:///{tmp_path}/{name}.db")
        migrated.migrate(db)
        assert shape(db) == wanted
    assert db.read(schema.current) == schema.ours()
    db.close()
