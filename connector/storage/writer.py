"""SQLite's one writer: those who wait share a commit; and the checkpoints beside it."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from connector.errors import StorageUnavailable
from connector.turnstile import TURNSTILE

T = TypeVar("T")
GROUP = 64  # writes that may share a commit
CHECKPOINT_SECONDS = 1.0
WAL_BYTES = 64 * 1024 * 1024  # when writers have to wait for a checkpoint, so that it does not grow


class Checkpoints:
    """Moves what was committed from the log into the database file, beside the writers.

    SQLite's own way lets every so-many-th commit do it: that message then waits for two more syncs of
    the disk and the copying between them.
    """

    def __init__(self, engine: Engine, database: Path) -> None:
        self._engine = engine
        self._wal = database.with_name(database.name + "-wal")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="checkpoints", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._engine.dispose()

    def _loop(self) -> None:
        before = -1
        while not self._over.wait(CHECKPOINT_SECONDS):
            size = self._wal.stat().st_size if self._wal.exists() else 0
            if size == before or not size:
                continue  # nothing was written, or all of it into places used before
            try:
                with self._engine.connect() as connection:
                    mode = "RESTART" if size > WAL_BYTES else "PASSIVE"
                    connection.exec_driver_sql(f"PRAGMA wal_checkpoint({mode})")
                before = size
            except DBAPIError:
                continue  # a full disk, or locked by another program: the log holds everything


def _taken() -> threading.Lock:
    # An Event is three objects and five times as dear; a burst makes hundreds a second.
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass
class _Job:
    work: Callable[[Connection], Any]
    turn: threading.Lock = field(default_factory=_taken)  # let go: done, or its thread shall lead
    done: bool = False
    result: Any = None
    error: BaseException | None = None


class Writer:
    """One writer at a time. Whoever comes while another writes waits in a queue, and the first of
    those then writes for all: they share a commit, which is what costs. Who comes alone writes
    by itself, with no other thread to wait for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Condition()
        self._queue: deque[_Job] = deque()
        self._writing = False
        self._closed = False
        self._connection: Connection | None = None

    def run(self, work: Callable[[Connection], T]) -> T:
        job = _Job(work)
        with self._lock:
            if self._closed:
                raise StorageUnavailable("closed")
            self._queue.append(job)
            leads = not self._writing
            self._writing = True
        # Who leads writes for others, webhooks among them: it must not wait for a turn meanwhile.
        with TURNSTILE.outside():
            if not leads:
                job.turn.acquire()
            if not job.done:
                self._lead()
        if job.error is None:
            return job.result  # type: ignore[no-any-return]
        if is_storage(job.error):
            raise StorageUnavailable(kind_of(job.error)) from job.error
        raise job.error

    def close(self) -> None:
        """Finish what was asked for, then stop."""
        with self._lock:
            self._closed = True
            while self._writing:
                self._lock.wait()
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()

    def _lead(self) -> None:
        """Write for those who wait, this thread's own job among them; then let the next one lead."""
        with self._lock:
            group = [self._queue.popleft() for _ in range(min(GROUP, len(self._queue)))]
        try:
            self._commit(group)
        finally:
            for job in group:  # only where this thread was torn out of its work
                if not job.done:
                    job.error, job.done = StorageUnavailable("interrupted"), True
                    job.turn.release()
            with self._lock:
                if self._queue:
                    self._queue[0].turn.release()
                else:
                    self._writing = False
                    self._lock.notify_all()

    def _commit(self, group: list[_Job]) -> None:
        """All in one transaction; if that breaks, each in its own, so that one harms no other."""
        try:
            self._transaction(group)
        except Exception as error:
            if len(group) > 1:
                for job in group:
                    self._commit([job])
                return
            group[0].error = error
        for job in group:
            job.done = True
            job.turn.release()

    def _transaction(self, group: list[_Job]) -> None:
        if self._connection is None:
            self._connection = self._engine.connect()
        driver = self._connection.connection.driver_connection
        assert driver is not None  # noqa: S101 - it has just been opened
        driver.execute("BEGIN IMMEDIATE")
        try:
            for job in group:
                self._attempt(job, self._connection, driver, alone=len(group) == 1)
            driver.execute("COMMIT")
        except BaseException:
            # On a full disk or an I/O error SQLite may have ended it by itself already.
            if driver.in_transaction:
                driver.execute("ROLLBACK")
            raise

    @staticmethod
    def _attempt(job: _Job, connection: Connection, driver: Any, *, alone: bool) -> None:
        job.result, job.error = None, None
        if alone:
            job.result = job.work(connection)
            return
        driver.execute("SAVEPOINT job")
        try:
            job.result = job.work(connection)
        except Exception as error:
            # What comes after in this group would be committed piece by piece.
            if is_storage(error):
                raise
            job.error = error
            driver.execute("ROLLBACK TO job")
        driver.execute("RELEASE job")


def is_storage(error: BaseException) -> bool:
    """The database's own trouble, not a row that is there already."""
    own = isinstance(error, DBAPIError | sqlite3.Error)
    return own and not isinstance(error, IntegrityError | sqlite3.IntegrityError)


def kind_of(error: BaseException) -> str:
    return type(error.orig).__name__ if isinstance(error, DBAPIError) else type(error).__name__
