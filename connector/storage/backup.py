"""A copy of an SQLite database that runs on meanwhile, made so that it can be started again.

Whoever starts a backup does not know what has happened since. Calls that were still to be made are
therefore marked in the copy as ones that may have happened: they are looked up before anything is
sent once more, as after a crash.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, func, select, update
from sqlalchemy.pool import NullPool

from connector.errors import StorageUnavailable
from connector.storage import schema
from connector.storage.outbox import State
from connector.storage.tables import conversations, episodes, messages, outbox

PAGES = 256  # a megabyte at a time, with a look at Ctrl-C between
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Seen:
    """What stands in a backup, and what is wrong with it; () if nothing is."""

    schema: str | None
    conversations: int
    episodes: int
    messages: int
    open_calls: int
    wrong: tuple[str, ...]


def copy(database: Path, into: Path, now: datetime, tell: Tell) -> None:
    """Raise StorageUnavailable. `into` is one file, with no log beside it."""
    try:
        source, target = _opened(database), _opened(into)
        try:
            # A view of one moment: without it each write of the running connector starts it anew.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(
                target, pages=PAGES, progress=lambda _, left, of: tell("copying", of - left, of)
            )
            target.execute("PRAGMA journal_mode=DELETE")
        finally:
            target.close()
            source.close()
    except sqlite3.Error as error:
        raise StorageUnavailable(f"the backup could not be made: {error}") from error
    _prepare(into, now)


def _opened(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(database, timeout=5, isolation_level=None)


def _prepare(copied: Path, now: datetime) -> None:
    o = outbox.c
    due = (o.done_at.is_(None), o.state == State.DUE.value)
    doubt = {
        "state": State.UNCERTAIN.value,
        "tried_at": func.coalesce(o.tried_at, now),
        "attempts": func.max(o.attempts, 1),
    }
    engine = create_engine(f"sqlite:///{copied}", poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(update(outbox).where(*due).values(**doubt))
    engine.dispose()


def verify(copied: Path, tell: Tell) -> Seen:
    """Read all of it. Raise StorageUnavailable if it is no database of ours."""
    tell("reading all of it", 0, 1)
    engine = create_engine(f"sqlite:///{copied}", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            return _seen(connection)
    except Exception as error:
        if not isinstance(getattr(error, "orig", error), sqlite3.Error):
            raise
        raise StorageUnavailable(f"{copied} is no database of the connector: {error}") from error
    finally:
        engine.dispose()


def _seen(connection: Connection) -> Seen:
    checked = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    found = schema.current(connection)
    wrong = [str(line) for line in checked if line != "ok"]
    if found != schema.ours():
        wrong.append(f"its schema is {found or 'none'}, this program's is {schema.ours()}")
        return Seen(found, 0, 0, 0, 0, tuple(wrong))
    begun, stretches, said = (
        int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in (conversations, episodes, messages)
    )
    calls = select(func.count()).where(outbox.c.done_at.is_(None))
    waiting = int(connection.execute(calls).scalar_one())
    return Seen(found, begun, stretches, said, waiting, tuple(wrong))
