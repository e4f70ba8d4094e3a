"""Transactions. On SQLite one connection writes, and those who wait share a commit; on Postgres each
has its own.

Threads that compete for SQLite's write lock wait in steps and unfairly (p99 near 1 s, measured).
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from connector.errors import StorageUnavailable

T = TypeVar("T")
BUSY_SECONDS = 5
GROUP = 64  # writes that may share a commit
CHECKPOINT_SECONDS = 1.0
WAL_BYTES = 64 * 1024 * 1024  # when writers have to wait for a checkpoint, so that it does not grow


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


# A server that says nothing any more is as good as gone; without these, that takes many minutes.
IMPATIENCE = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


class ServerDatabase:
    """A database server, which does its own queueing."""

    def __init__(self, url: URL) -> None:
        self.engine = create_engine(
            url,
            pool_size=20,
            max_overflow=20,
            pool_timeout=5,
            pool_pre_ping=True,
            connect_args={"application_name": "connector", **IMPATIENCE, **url.query},
        )

        # Each statement of its own would see what others have committed meanwhile.
        self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ")

    def read(self, work: Callable[[Connection], T]) -> T:
        return self._within(self._reading, work)

    def write(self, work: Callable[[Connection], T]) -> T:
        return self._within(self.engine, work)

    def _within(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        try:
            with engine.begin() as connection:
                return work(connection)
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise StorageUnavailable(type(error.orig).__name__) from error
        except PoolTimeout as error:
            raise StorageUnavailable("all connections are in use") from error

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
        self._checkpoints = Checkpoints(_sqlite(url), Path(url.database or ""))

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
        self._checkpoints.close()
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
        connection.execute("PRAGMA wal_autocheckpoint=0")  # see Checkpoints

    return engine


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


@dataclass
class _Job:
    work: Callable[[Connection], Any]
    turn: threading.Event = field(default_factory=threading.Event)  # done, or its thread shall lead
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
        if not leads:
            job.turn.wait()
        if not job.done:
            self._lead()
        if job.error is None:
            return job.result  # type: ignore[no-any-return]
        if _is_storage(job.error):
            raise StorageUnavailable(_kind(job.error)) from job.error
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
                    job.turn.set()
            with self._lock:
                if self._queue:
                    self._queue[0].turn.set()
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
            job.turn.set()

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
