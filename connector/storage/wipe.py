"""What SQLite leaves behind in its files of what is gone: overwritten, and looked for.

Our connections overwrite what they delete (`secure_delete`). A database that was begun by a version
that did not has to be written anew once; it then says so itself, in its header. On a server these are
the server's own matters.
"""

from __future__ import annotations

import mmap
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from connector.errors import StorageUnavailable

OVERWRITES = 1  # PRAGMA user_version of a database whose free pages never held a word
PATIENCE = 10.0  # seconds: readers of the running connector need milliseconds
BETWEEN = 0.02
# Writing it anew keeps the running connector from writing for so long as that takes: some seconds.
AT_ONCE = 256 * 1024 * 1024
SHORTEST = 7  # characters: anything shorter is found in any file


@dataclass(frozen=True)
class Wiped:
    log_is_empty: bool
    rewritten: bool
    must_be_rewritten: bool  # it is large: in a quiet hour


def wipe(database: Path, *, rewrite: bool | None, tell: Callable[[str], None]) -> Wiped:
    """`rewrite`: None for as it is needed, unless the file is large. Raise StorageUnavailable."""
    try:
        connection = sqlite3.connect(database, timeout=PATIENCE, isolation_level=None)
        try:
            return _wipe(connection, database, rewrite, tell)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StorageUnavailable(f"the database's files could not be wiped: {error}") from error


def _wipe(
    connection: sqlite3.Connection,
    database: Path,
    rewrite: bool | None,
    tell: Callable[[str], None],
) -> Wiped:
    connection.execute("PRAGMA secure_delete=ON")
    clean = connection.execute("PRAGMA user_version").fetchone()[0] >= OVERWRITES
    small = database.stat().st_size <= AT_ONCE
    rewrites = rewrite if rewrite is not None else not clean and small
    if rewrites:
        tell("writing the database anew")
        connection.execute("VACUUM")
        connection.execute(f"PRAGMA user_version={OVERWRITES}")
    tell("emptying its log")
    return Wiped(_emptied(connection), rewrites, not clean and not rewrites)


def _emptied(connection: sqlite3.Connection) -> bool:
    """The log holds what was written before: moved into the database, and cut to nothing."""
    deadline = time.monotonic() + PATIENCE
    while True:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(BETWEEN)


def traces(database: Path, needles: Sequence[str]) -> int:
    """In how many places of the database's files these still stand, letter for letter."""
    wanted = [each.encode() for each in needles if len(each) >= SHORTEST]
    files = [database.with_name(database.name + end) for end in ("", "-wal")]
    return sum(_count(file, wanted) for file in files)


def _count(file: Path, wanted: Sequence[bytes]) -> int:
    if not file.exists() or not file.stat().st_size:
        return 0
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return sum(_places(data, each) for each in wanted)


def _places(data: mmap.mmap, wanted: bytes) -> int:
    count, at = 0, data.find(wanted)
    while at >= 0:
        count, at = count + 1, data.find(wanted, at + len(wanted))
    return count
