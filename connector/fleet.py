"""`runner: procrastinate`: many processes on one Postgres, put together. None of them migrates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from connector.errors import SchemaMismatch, StartError, StorageError, StorageUnavailable
from connector.runners import jobs_schema
from connector.runners.base import Role, Step
from connector.runners.jobs import Jobs
from connector.runners.procrastinate import Deferrer, Worker
from connector.storage import duties, lanes, lock, schema
from connector.storage.engine import IMPATIENCE, Database, connect

T = TypeVar("T")
Driver = Callable[["psycopg.Connection[Any]"], T]
SWEEP = "sweep"


def database(url: str, role: Role) -> tuple[Database, lock.Lock]:
    """Open, and checked unless a WSGI server runs us: it would start us over and over again.

    Raise StartError or SchemaMismatch.
    """
    db = connect(url)
    try:
        if role != "wsgi":
            check(db)
    except StorageUnavailable as error:
        db.close()
        raise StartError(f"the database can't be used: {error.__cause__ or error}") from None
    except BaseException:
        db.close()
        raise
    return db, lock.Free()


def migrate(url: str) -> str:
    """Bring the schema up to date, and Procrastinate's beside it; the version."""
    db = connect(url)
    try:
        version = schema.migrate(db)
        _within(db, jobs_schema.install)
    except StorageUnavailable as error:
        raise StartError(f"the database can't be used: {error.__cause__ or error}") from None
    finally:
        db.close()
    return version


def check(db: Database) -> None:
    """Raise SchemaMismatch unless the schema is ours, StorageUnavailable if the database is gone."""
    found, jobs = db.read(_versions)
    schema.require(found)
    if jobs is None or jobs < jobs_schema.ours():
        raise SchemaMismatch(
            f"Procrastinate's tables are at version {jobs or 'none'}, this program needs "
            f"{jobs_schema.ours()}: run `connector migrate` first"
        )


def readiness(db: Database, runner: Deferrer) -> dict[str, str]:
    found = {"database": "", "schema": "", "runner": runner.trouble()}
    try:
        check(db)
    except SchemaMismatch as error:
        return found | {"schema": str(error)}
    except StorageError as error:
        return found | {"database": str(error), "schema": "unknown"}
    return found


def runner(role: Role, db: Database, url: str, step: Step, now: Callable[[], datetime]) -> Deferrer:
    if role != "worker":
        return Deferrer(_jobs(db), now)

    def my_turn(at: datetime, following: datetime) -> bool:
        return db.write(lambda c: duties.take(c, SWEEP, at, following))

    return Worker(_jobs(db), _conninfo(url), step, lanes.looking(db, now), my_turn, now)


def _conninfo(url: str) -> str:
    """As the driver itself understands it."""
    plain = make_url(url).set(drivername="postgresql")
    wanted: dict[str, str | int] = {"application_name": "connector worker", **IMPATIENCE}
    own = {name: str(value) for name, value in wanted.items() if name not in plain.query}
    return plain.update_query_dict(own).render_as_string(hide_password=False)


def _jobs(db: Database) -> Jobs:
    return Jobs(partial(_within, db))


def _within(db: Database, work: Driver[T]) -> T:
    return db.write(lambda connection: work(_driver(connection)))


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _versions(connection: Connection) -> tuple[str | None, str | None]:
    return schema.current(connection), jobs_schema.current(_driver(connection))
