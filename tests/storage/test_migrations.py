"""Migrations: they only add, two at once are one, and a wrong schema is told with both versions."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, select, text

from connector import fleet
from connector.errors import SchemaMismatch, StartError
from connector.runners import jobs_schema
from connector.storage import engine, schema, tables
from connector.storage.engine import Database

VERSIONS = sorted((schema.MIGRATIONS / "versions").glob("v*.py"))
# What is left out can be used by a program that knows nothing of it.
TAKES_AWAY = {"drop_table", "drop_column", "drop_index", "drop_constraint", "alter_column",
              "rename_table", "execute", "batch_alter_table"}  # fmt: skip


def is_contraction(tree: ast.Module) -> bool:
    """It says from which version on nothing needs what it takes away: `contract = "0.3.0"`."""
    return any(
        isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "contract"
        for node in tree.body
    )


def taken_away(source: str) -> set[str]:
    tree = ast.parse(source)
    upgrade = [x for x in tree.body if isinstance(x, ast.FunctionDef) and x.name == "upgrade"]
    calls = [x for f in upgrade for x in ast.walk(f) if isinstance(x, ast.Call)]
    names = {c.func.attr for c in calls if isinstance(c.func, ast.Attribute)}
    return set() if is_contraction(tree) else names & TAKES_AWAY


def demanding(source: str) -> list[str]:
    """Columns that the older program, which does not know them, could not write a row without."""
    calls = [x for x in ast.walk(ast.parse(source)) if isinstance(x, ast.Call)]
    added = [c for c in calls if ast.unparse(c.func) == "op.add_column"]
    shown = [ast.unparse(c) for c in added]
    return [s for s in shown if "nullable=False" in s and "server_default" not in s]


@pytest.mark.parametrize("file", VERSIONS, ids=lambda f: f.stem)
def test_a_migration_only_adds_unless_it_says_that_it_is_a_contraction(file: Path) -> None:
    assert taken_away(file.read_text()) == set()
    assert demanding(file.read_text()) == []


def test_that_test_bites() -> None:
    drops = "def upgrade():\n    op.drop_column('a', 'b')\n"
    assert taken_away(drops) == {"drop_column"}
    assert taken_away(f"contract = '0.3.0'\n{drops}") == set()
    assert demanding("op.add_column('a', sa.Column('b', sa.Text(), nullable=False))")


def test_a_newer_schema_is_refused_with_both_versions(db: Database) -> None:
    db.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(SchemaMismatch, match=rf"version 9999.*up to {schema.ours()}"):
        schema.migrate(db)


@pytest.mark.postgres
def test_a_fleet_refuses_what_is_behind_and_what_is_newer_and_migrating_is_once(
    postgres_url: str,
) -> None:
    with pytest.raises(SchemaMismatch, match=f"version none.*needs {schema.ours()}.*migrate"):
        fleet.database(postgres_url, "web")
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(fleet.migrate, [postgres_url] * 3)) == {schema.ours()}
    db, _ = fleet.database(postgres_url, "worker")
    for version, said in (("0001", "version 0001.*needs"), ("9999", "version 9999.*up to")):
        db.write(lambda c, v=version: c.execute(
            text("UPDATE alembic_version SET version_num = :v"), {"v": v}
        ))  # type: ignore[misc]  # fmt: skip
        with pytest.raises(SchemaMismatch, match=said):
            fleet.database(postgres_url, "web")
        opened, _ = fleet.database(postgres_url, "wsgi")  # stays up, and says so at /readyz
        opened.close()
    db.close()


@pytest.mark.postgres
def test_procrastinates_own_steps_are_taken_when_it_is_upgraded(postgres_url: str) -> None:
    fleet.migrate(postgres_url)
    db = engine.connect(postgres_url)
    before, trigger = "03.04.00_01", "procrastinate_trigger_status_events_update_v1"
    assert jobs_schema.ours() == "03.04.00_50"  # what comes next makes this trigger anew

    def write(statement: str) -> None:
        db.write(lambda c: c.execute(text(statement)))

    write(f"DROP TRIGGER {trigger} ON procrastinate_jobs")
    write(f"COMMENT ON TABLE procrastinate_jobs IS '{before}'")
    with pytest.raises(SchemaMismatch, match=f"at version {before}, this program needs"):
        fleet.check(db)
    fleet.migrate(postgres_url)
    fleet.check(db)
    write(f"DROP TRIGGER {trigger} ON procrastinate_jobs")  # it is there
    db.close()


@pytest.mark.postgres
def test_a_database_that_is_not_there_is_one_sentence(postgres_url: str) -> None:
    gone = postgres_url.replace(":5432/", ":1/")
    with pytest.raises(StartError, match="the database can't be used: "):
        fleet.database(gone, "web")
    with pytest.raises(StartError, match="the database can't be used: "):
        fleet.migrate(gone)


def test_times_that_were_elsewhere_are_in_the_episodes_own_row(database_url: str) -> None:
    """v0006: of older rows they are looked up once."""
    db = engine.connect(database_url)
    config = schema._config()

    def upto(connection: Connection) -> None:
        schema.current(connection)  # begins the transaction
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")

    def older(connection: Connection) -> None:
        at = "2026-11-24 09:0%s:00"
        for number, trigger in ((1, "'model'"), (2, "NULL")):
            connection.execute(text(
                "INSERT INTO episodes (id, conversation_id, channel, number, started_at, trigger, "
                f"handed_off_at) VALUES ('c1-{number}', 'c1', 'sms', {number}, '{at % 0}', {trigger}, "
                f"'{at % 1}')"
            ))  # fmt: skip
            for seq, author in ((1, "customer"), (2, "agent"), (3, "agent")):
                connection.execute(text(
                    "INSERT INTO messages (id, conversation_id, seq, episode, author, delivery, at, "
                    f"body) VALUES ('c1.{number}{seq}', 'c1', {number}{seq}, {number}, '{author}', "
                    f"'sent', '{at % (seq + 2)}', '{{}}')"
                ))  # fmt: skip
        connection.execute(text(
            "INSERT INTO outbox (conversation_id, direction, key, kind, payload, state, due_at, "
            "attempts, created_at, done_at) VALUES ('c1', 'ticket', 'c1-1:ticket:0', 'OpenTicket', "
            f"'{{}}', 'done', '{at % 1}', 1, '{at % 1}', '{at % 2}')"
        ))  # fmt: skip

    db.write(upto)
    db.write(older)
    schema.migrate(db)
    e = tables.episodes.c
    asked = select(e.ticket_at, e.replied_at, e.reopened, e.topic).order_by(e.number)
    rows = db.read(lambda c: c.execute(asked).all())
    minutes = [(t and t.minute, r and r.minute, n, topic) for t, r, n, topic in rows]
    assert minutes == [(2, 4, 0, None), (None, None, 0, None)]
    db.close()
