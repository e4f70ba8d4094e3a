"""One process at a time for the local runner: a second one on the same database is refused."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from connector.errors import DatabaseInUse, StartError
from connector.storage.engine import Database

# Any number will do, as long as every version of this program uses the same.
ADVISORY_KEY = 0x636F6E6E


class Lock(Protocol):
    def release(self) -> None: ...


class Free:
    """Held by nobody: where many processes share a database."""

    def release(self) -> None:
        pass


def acquire(db: Database, url: str) -> Lock:
    """Raise DatabaseInUse if another process holds it. The kernel, or the server, frees it on a crash."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return FileLock(Path(parsed.database or ""))
    return AdvisoryLock(db)


class FileLock:
    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        self._file: IO[str] = path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            owner = self._file.read().strip() or "unknown"
            self._file.close()
            raise DatabaseInUse(
                f"another connector (process {owner}) already runs on {database}; stop it first, "
                "or give this one a database of its own"
            ) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        self._file.close()


class AdvisoryLock:
    def __init__(self, db: Database) -> None:
        self._connection: Connection = db.engine.connect()
        held = self._connection.execute(
            text("SELECT pg_try_advisory_lock(:key, hashtext(current_schema()))"),
            {"key": ADVISORY_KEY},
        ).scalar()
        self._connection.commit()
        if not held:
            self.release()
            raise DatabaseInUse(
                "another connector with `runner: local` already runs on this database; stop it "
                "first, or give this one a database of its own"
            )

    def release(self) -> None:
        # The lock belongs to the server's session, so that has to end, not go back to the pool.
        self._connection.detach()
        self._connection.close()


def make_folder(url: str) -> None:
    """The folder of an SQLite file, writable. Raise StartError with one clear sentence."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return
    if not parsed.database or parsed.database == ":memory:":
        raise StartError("database: an SQLite file is needed, not a database in memory")
    folder = Path(parsed.database).resolve().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(f"can't make the database's folder {folder}: {error.strerror}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StartError(f"the database's folder {folder} is not writable")
    file = Path(parsed.database)
    if file.exists() and not os.access(file, os.W_OK):
        raise StartError(f"the database {file} is not writable")
