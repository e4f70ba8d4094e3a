"""Transactions: durable when `write` returns, all or nothing, one that fails harms no other."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from connector.errors import DatabaseInUse, SchemaMismatch, StartError, StorageUnavailable
from connector.storage import lock, schema, writer
from connector.storage.engine import Database, SqliteDatabase

TIMER = "INSERT INTO timers (conversation_id, name, due_at) VALUES (:id, 'x', '2026-01-01')"


def put(name: str) -> object:
    return lambda c: c.execute(text(TIMER), {"id": name})


def names(db: Database) -> set[str]:
    return set(
        db.read(lambda c: list(c.execute(text("SELECT conversation_id FROM timers")).scalars()))
    )


def test_what_write_returned_is_there_and_what_raised_is_not(db: Database) -> None:
    db.write(put("a"))  # type: ignore[arg-type]

    def half(connection: Connection) -> None:
        connection.execute(text(TIMER), {"id": "b"})
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        db.write(half)
    with pytest.raises(IntegrityError):
        db.write(put("a"))  # type: ignore[arg-type]
    assert names(db) == {"a"}


def test_writes_that_queue_share_a_commit_and_one_that_fails_harms_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = SqliteDatabase(make_url(f"sqlite:///{tmp_path}/t.db"))
    schema.migrate(db)
    commits: list[int] = []
    transaction = db._writer._transaction

    def counted(group: list[writer._Job]) -> None:
        transaction(group)
        commits.append(len(group))

    monkeypatch.setattr(db._writer, "_transaction", counted)
    started, go_on = threading.Event(), threading.Event()

    def blocked(connection: Connection) -> None:
        started.set()
        go_on.wait(5)

    errors: list[BaseException] = []

    def attempt(work: object) -> None:
        try:
            db.write(work)  # type: ignore[arg-type]
        except (ValueError, IntegrityError) as error:
            errors.append(error)

    def broken(connection: Connection) -> None:
        connection.execute(text(TIMER), {"id": "broken"})
        raise ValueError

    first = threading.Thread(target=attempt, args=(blocked,))
    first.start()
    started.wait(5)
    works: list[object] = [put(f"n{i}") for i in range(20)] + [broken, put("n3")]
    threads = [threading.Thread(target=attempt, args=(w,)) for w in works]
    for thread in threads:
        thread.start()
    while len(db._writer._queue) < len(threads):
        threading.Event().wait(0.001)
    go_on.set()
    for thread in [first, *threads]:
        thread.join(10)
    assert names(db) == {f"n{i}" for i in range(20)}
    assert sorted(type(x).__name__ for x in errors) == ["IntegrityError", "ValueError"]
    assert commits == [1, 22]  # the one that held them up, and all the others
    db.close()


def test_a_transaction_that_sqlite_ended_by_itself_doubles_nothing(tmp_path: Path) -> None:
    """As it may do on a full disk: what is run after that would be committed piece by piece."""
    db = SqliteDatabase(make_url(f"sqlite:///{tmp_path}/t.db"))
    schema.migrate(db)

    def full(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("no such statement")

    group = [writer._Job(w) for w in (put("a"), full, put("b"))]  # type: ignore[arg-type]
    db._writer._commit(group)
    assert [type(job.error).__name__ for job in group] == [
        "NoneType",
        "OperationalError",
        "NoneType",
    ]
    assert names(db) == {"a", "b"}
    db.close()


def test_sqlite_is_as_durable_as_it_can_be(tmp_path: Path) -> None:
    db = SqliteDatabase(make_url(f"sqlite:///{tmp_path}/t.db"))
    pragmas = db.write(
        lambda c: [
            c.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "synchronous")
        ]
    )
    assert pragmas == ["wal", 2]
    db.close()


def test_a_full_disk_is_no_acknowledgement_and_heals(tmp_path: Path) -> None:
    db = SqliteDatabase(make_url(f"sqlite:///{tmp_path}/t.db"))
    schema.migrate(db)

    def limit(pages: int) -> None:
        def work(connection: Connection) -> None:
            now = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={now + pages}")

        db.write(work)

    limit(0)

    def fill() -> None:
        for i in range(3000):
            db.write(put(f"{i:0100}"))  # type: ignore[arg-type]

    with pytest.raises(StorageUnavailable):
        fill()
    before = names(db)
    limit(1000)
    db.write(put("after"))  # type: ignore[arg-type]
    assert names(db) == before | {"after"}
    check = sqlite3.connect(tmp_path / "t.db")
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()
    db.close()


def test_migrating_twice_changes_nothing_and_a_newer_schema_is_refused(db: Database) -> None:
    assert schema.migrate(db) == schema.ours()
    db.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(SchemaMismatch, match=f"version 9999.*up to {schema.ours()}"):
        schema.migrate(db)


def test_the_migrations_make_the_tables_that_the_code_uses(db: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from connector.storage.tables import metadata

    def difference(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        return list(compare_metadata(context, metadata))

    assert db.read(difference) == []


def test_a_second_process_on_the_same_database_is_refused(db: Database, database_url: str) -> None:
    held = lock.acquire(db, database_url)
    with pytest.raises(DatabaseInUse, match="already runs on"):
        lock.acquire(db, database_url)
    held.release()
    lock.acquire(db, database_url).release()


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match="can't make the database's folder"):
        lock.make_folder(f"sqlite:///{tmp_path}/file/deeper/connector.db")
    with pytest.raises(StartError, match="not a database in memory"):
        lock.make_folder("sqlite://")


def test_a_reader_sees_one_moment_whatever_others_commit_meanwhile(db: Database) -> None:
    db.write(put("a"))  # type: ignore[arg-type]

    def twice(connection: Connection) -> list[int]:
        count = text("SELECT count(*) FROM timers")
        before = connection.execute(count).scalar_one()
        writer = threading.Thread(target=db.write, args=(put("b"),))
        writer.start()
        writer.join(10)
        return [before, connection.execute(count).scalar_one()]

    assert db.read(twice) == [1, 1]
    assert names(db) == {"a", "b"}
