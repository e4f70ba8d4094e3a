"""Procrastinate's own tables: made beside ours, and brought along when Procrastinate is upgraded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from procrastinate.schema import SchemaManager

MIGRATING = 0x70726F63  # any number that every version of this program uses
_THERE = "SELECT obj_description(to_regclass('procrastinate_jobs'), 'pg_class')"


def ours() -> str:
    """The newest of the steps that the installed Procrastinate brings, e.g. 03.04.00_50."""
    return _version(_steps()[-1])


def current(connection: psycopg.Connection[Any]) -> str | None:
    """The step that the database is at, None if it has no such tables."""
    row = connection.execute(_THERE).fetchone()
    return row[0] if row else None


def install(connection: psycopg.Connection[Any]) -> None:
    """Make the tables, or take the steps that are missing; twice changes nothing."""
    # Of two that migrate at the same time, the second finds everything done.
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATING,))
    found = current(connection)
    if found == ours():
        return
    if found is None:
        _run(connection, SchemaManager.get_schema())
    else:
        for step in _steps():
            if _version(step) > found:
                _run(connection, step.read_text(encoding="utf-8"))
    # Where it stands is noted on the table itself: Procrastinate keeps no record of it.
    _run(connection, f"COMMENT ON TABLE procrastinate_jobs IS '{ours()}'")


def _steps() -> list[Path]:
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def _version(step: Path) -> str:
    return "_".join(step.name.split("_")[:2])


def _run(connection: psycopg.Connection[Any], statements: str) -> None:
    connection.execute(statements.encode())
