"""Where a process can be killed, counted from outside the product's code.

A point lies before and after every commit of the database. (Those around a call to a provider are the
twins': they see the call arrive.) With `kill_at`, the process kills itself there, as the kernel would.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

_lock = threading.Lock()
_count = 0
_kill_at: int | None = None
_file: str | None = None


def install(kill_at: int | None, file: str | None) -> None:
    """Count from now on, and die at the point `kill_at`; how many there were goes into `file`."""
    global _count, _kill_at, _file
    _count, _kill_at, _file = 0, kill_at, file
    if kill_at is None and file is None:
        return
    event.listen(Engine, "do_connect", _count_sqlite)
    _count_postgres()


def reach() -> None:
    global _count
    with _lock:
        _count += 1
        if _file is not None:
            with open(_file, "w") as out:
                out.write(str(_count))
        if _count == _kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


class _Connection(sqlite3.Connection):
    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql != "COMMIT" or not self.in_transaction or self.total_changes == self.seen:
            return super().execute(sql, *parameters)
        # A reader's COMMIT keeps nothing: only those after a change count.
        self.seen = self.total_changes
        reach()
        done = super().execute(sql, *parameters)
        reach()
        return done

    seen = 0


def _count_sqlite(dialect: Any, _: object, __: object, parameters: dict[str, Any]) -> None:
    if dialect.name == "sqlite":
        parameters["factory"] = _Connection


def _count_postgres() -> None:
    dialect: Any = PGDialect_psycopg
    commit = dialect.do_commit

    def counted(self: Any, connection: Any) -> None:
        reach()
        commit(self, connection)
        reach()

    dialect.do_commit = counted
