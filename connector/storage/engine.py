"""Transactions. On SQLite one thread writes for all and commits in groups; on Postgres each for itself.

Threads that compete for SQLite's write lock wait in steps and unfairly (p99 near 1 s, measured); behind
one writer they queue, and those that queue share a commit, which is what costs.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import QueuePool

from connector.errors import StorageUnavailable

T = TypeVar("T")
BUSY_SECONDS = 5
GROUP = 64  # writes that may share a commit


class Database(Protocol):
    engine: Engine

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a consistent view. Raise StorageUnavailable if there is none to be had."""
        ...

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction and return when it is durable; on any error nothing is kept.

        `work` may be run a second time after a rollback, so it does nothing but use the connection.
        """
        ...

    def close(self) -> None: ...


def connect(url: str) -> Database:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return SqliteDatabase(parsed)
    return ServerDatabase(parsed)


class ServerDatabase:
    """A database server, which does its own queueing."""

    def __init__(self, url: URL) -> None:
        self.engine = create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True)

    def read(self, work: Callable[[Connection], T]) -> T:
        return self.write(work)

    def write(self, work: Callable[[Connection], T]) -> T:
        try:
            with self.engine.begin() as connection:
                return work(connection)
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise StorageUnavailable(type(error.orig).__name__) from error

    def close(self) -> None:
        self.engine.dispose()


class SqliteDatabase:
    """Each reading thread keeps a connection; one more belongs to the writer.

    SQLAlchemy is told that nothing needs a transaction, and BEGIN and COMMIT go straight to the
    driver: its own way of doing that costs more than the statements between.
    """

    def __init__(self, url: URL) -> None:
        self.engine = _sqlite(url)
        self._own = threading.local()
        self._writer = Writer(_sqlite(url))

    def read(self, work: Callable[[Connection], T]) -> T:
        connection = getattr(self._own, "connection", None)
        try:
            if connection is None:
                connection = self._own.connection = self.engine.connect()
            driver: Any = connection.connection.driver_connection
            driver.execute("BEGIN")
            try:
                return work(connection)
            finally:
                driver.execute("COMMIT")
        except (DBAPIError, sqlite3.Error) as error:
            raise StorageUnavailable(_kind(error)) from error

    def write(self, work: Callable[[Connection], T]) -> T:
        return self._writer.run(work)

    def close(self) -> None:
        self._writer.close()
        self.engine.dispose()


def _kind(error: BaseException) -> str:
    return type(error.orig).__name__ if isinstance(error, DBAPIError) else type(error).__name__


def _sqlite(url: URL) -> Engine:
    # Connections of reading threads are closed with the database, from the thread that closes it.
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        poolclass=QueuePool,
        pool_size=64,
        max_overflow=64,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


@dataclass
class _Job:
    work: Callable[[Connection], Any]
    done: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    error: BaseException | None = None


class Writer:
    """The one thread that writes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._loop, name="sqlite-writer", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[Connection], T]) -> T:
        if self._closed:
            raise StorageUnavailable("closed")
        job = _Job(work)
        self._jobs.put(job)
        job.done.wait()
        if job.error is None:
            return job.result  # type: ignore[no-any-return]
        if _is_storage(job.error):
            raise StorageUnavailable(_kind(job.error)) from job.error
        raise job.error

    def close(self) -> None:
        """Finish what was asked for, then stop."""
        self._closed = True
        self._jobs.put(None)
        self._thread.join()
        self._engine.dispose()

    def _loop(self) -> None:
        while (first := self._jobs.get()) is not None:
            group = [first]
            last = False
            while len(group) < GROUP and not self._jobs.empty():
                job = self._jobs.get()
                if job is None:
                    last = True
                    break
                group.append(job)
            self._commit(group)
            if last:
                break
        if self._connection is not None:
            self._connection.close()

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
            job.done.set()

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
            if _is_storage(error):
                raise
            job.error = error
            driver.execute("ROLLBACK TO job")
        driver.execute("RELEASE job")


def _is_storage(error: BaseException) -> bool:
    """The database's own trouble, not a row that is there already."""
    own = isinstance(error, DBAPIError | sqlite3.Error)
    return own and not isinstance(error, IntegrityError | sqlite3.IntegrityError)
