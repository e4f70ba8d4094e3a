"""The schema's version: migrated forward at start, and never run against when it is newer than us."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from connector.errors import SchemaMismatch
from connector.storage.engine import Database
from connector.storage.wipe import OVERWRITES

MIGRATING = 0x6D696772  # any number that every version of this program uses
MIGRATIONS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@cache
def _versions() -> tuple[str, ...]:
    """Those that this program knows, newest first. Read once: every `/readyz` asks for them."""
    return tuple(s.revision for s in ScriptDirectory.from_config(_config()).walk_revisions())


def ours() -> str:
    """The newest version that this program knows."""
    return _versions()[0]


def current(connection: Connection) -> str | None:
    """The database's version, None if it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(db: Database) -> str:
    """Bring the schema up to ours and return its version. Raise SchemaMismatch if it is newer."""

    def work(connection: Connection) -> str:
        if connection.dialect.name == "postgresql":
            # Of two that migrate at the same time, the second finds everything done.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
        found = current(connection)
        check(found)
        if found == ours():
            return found
        if found is None and connection.dialect.name == "sqlite":
            connection.execute(text(f"PRAGMA user_version={OVERWRITES}"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return ours()

    return db.write(work)


def check(found: str | None) -> None:
    """Raise SchemaMismatch unless this program knows that version."""
    if found is not None and found not in _versions():
        raise SchemaMismatch(
            f"the database has schema version {found}, this program knows up to {ours()}: "
            "install the newer connector again, or restore a backup from before it"
        )


def require(found: str | None) -> None:
    """Raise SchemaMismatch unless that version is ours: who does not migrate needs it to be."""
    check(found)
    if found != ours():
        raise SchemaMismatch(
            f"the database is at schema version {found or 'none'}, this program needs "
            f"{ours()}: run `connector migrate` first"
        )
