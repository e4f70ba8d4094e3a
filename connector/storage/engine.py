"""Transactions. On SQLite one connection writes, and those who wait share a commit; on Postgres each
has its own.

Threads that compete for SQLite's write lock wait in steps and unfairly (p99 near 1 s, measured).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from connector.errors import StorageUnavailable
from connector.storage.writer import Checkpoints, Writer, kind_of
from connector.turnstile import TURNSTILE

T = TypeVar("T")
BUSY_SECONDS = 5


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
            with TURNSTILE.outside(), engine.begin() as connection:
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
            raise StorageUnavailable(kind_of(error)) from error

    def write(self, work: Callable[[Connection], T]) -> T:
        return self._writer.run(work)

    def close(self) -> None:
        self._checkpoints.close()
        self._writer.close()
        self.engine.dispose()


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
        # What is replaced or deleted is overwritten with zeros: it may have been a customer's words.
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA wal_autocheckpoint=0")  # see Checkpoints

    return engine
