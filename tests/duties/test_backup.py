"""A backup that is made while work goes on is whole, starts, and keeps the promises."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.engine import make_url

from connector import bootstrap
from connector.cli.backup import dump_command
from connector.cli.commands import main
from connector.errors import Transient
from connector.storage import backup, engine, schema
from tests.domain.decide.given import T0
from tests.duties.given import everything, integrity
from tests.pipeline.rig import Crash, Rig, nothing

CONFIG = Path(__file__).parents[2] / "config" / "sandbox.yaml"


def quiet(doing: str, done: int, of: int) -> None:
    pass


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["backup", "--config", str(CONFIG), *words])


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SANDBOX_DATABASE", f"sqlite:///{tmp_path}/connector.db")
    return tmp_path / "connector.db"


def opened(file: Path) -> Rig:
    db = engine.connect(f"sqlite:///{file}")
    schema.migrate(db)
    return Rig(db)


def again(rig: Rig, made: Path) -> Rig:
    """The backup, started in the place of what is lost, with the providers as they are."""
    rig.db.close()
    restored = Rig(engine.connect(f"sqlite:///{made}"), channel=rig.channel, desk=rig.desk)
    restored.hook(nothing)
    restored.at = rig.at
    return restored


@pytest.mark.parametrize("moment", [12, 25, 36])
def test_made_at_any_moment_and_started_it_keeps_the_promises(file: Path, moment: int) -> None:
    """Between two provider calls, or while one is under way: the machine is lost right then."""
    rig = opened(file)
    made = file.with_name("backup.db")
    left = [moment]

    def in_between(operation: str, when: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            backup.copy(file, made, rig.at, quiet)
            raise Crash

    who = [f"+1555020{number:02}" for number in range(12)]
    for number, each in enumerate(who):
        rig.texts_in(f"question {number}", customer=each)
    rig.hook(in_between)
    with pytest.raises(Crash):
        rig.passes(10)
    assert backup.verify(made, quiet).wrong == ()
    restored = again(rig, made)
    restored.passes(600)
    answers = {each: restored.phone(each) for each in who}
    assert {each: len(told) for each, told in answers.items()} == dict.fromkeys(who, 1)
    assert all(f"question {n}" in answers[each][0] for n, each in enumerate(who))
    restored.texts_in("one more", customer=who[0], sid="SMnew")
    restored.passes(10)
    assert restored.phone(who[0])[-1].endswith("re: one more")
    restored.db.close()


def test_what_was_sent_since_the_backup_is_not_sent_again(file: Path) -> None:
    """It was still to be sent when the copy was made, and the original went on."""
    rig = opened(file)
    made = file.with_name("backup.db")

    def down(operation: str, when: str) -> None:
        if operation == "send" and when == "before":
            raise Transient("down", status=503, code="http_503")

    rig.texts_in("Where is it?")
    rig.hook(down)
    rig.passes(2)
    assert rig.phone() == []
    backup.copy(file, made, rig.at, quiet)
    rig.hook(nothing)
    rig.passes(600)
    assert len(rig.phone()) == 1
    restored = again(rig, made)
    restored.passes(600)
    assert len(restored.phone()) == 1
    restored.db.close()


def test_writers_are_not_held_up_and_the_copy_is_of_one_moment(file: Path) -> None:
    rig = opened(file)
    stop, written = threading.Event(), [0]

    def write() -> None:
        while not stop.is_set():
            rig.texts_in("x" * 2000, customer=f"+1555{written[0]:07}")
            written[0] += 1

    for number in range(300):
        rig.texts_in("y" * 4000, customer=f"+1666{number:07}")
    writer = threading.Thread(target=write)
    writer.start()
    steps: list[int] = []
    made = file.with_name("backup.db")

    def tell(doing: str, done: int, of: int) -> None:
        before = written[0]
        while written[0] < before + 3:
            pass  # others write between two pieces
        steps.append(of)

    backup.copy(file, made, T0, tell)
    stop.set()
    writer.join()
    rig.db.close()
    assert len(steps) > 1
    assert len(set(steps)) == 1  # it never had to begin again
    assert integrity(made) == "ok"
    with sqlite3.connect(made) as c:
        (events,) = c.execute("SELECT count(*) FROM inbox").fetchone()
        (begun,) = c.execute("SELECT count(*) FROM conversations").fetchone()
    assert 300 <= events == begun < 300 + written[0]


def test_as_a_command(file: Path, tmp_path: Path) -> None:
    rig = opened(file)
    rig.at = bootstrap.now()
    rig.texts_in("Where is it?")
    rig.passes(5)
    made = tmp_path / "backup.db"
    told = run(str(made))
    assert told.exit_code == 0, told.output
    assert f"{made} is whole: schema {schema.ours()}, 1 conversation, 2 messages" in told.output
    assert made.stat().st_mode & 0o777 == 0o600
    assert sorted(p.name for p in tmp_path.iterdir() if "backup" in p.name) == ["backup.db"]
    again = run(str(made))
    assert (again.exit_code, "--force replaces it" in again.output) == (1, True)
    assert run(str(made), "--force").exit_code == 0
    seen = json.loads(run(str(made), "--verify", "--json").output)
    assert (seen["ok"], seen["messages"], seen["wrong"]) == (True, 2, [])
    rig.db.close()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"not a database at all, not even nearly", "no database"), (None, "there is no"),
     ("cut", "")],
)  # fmt: skip
def test_a_backup_that_is_none_is_told(file: Path, content: object, said: str) -> None:
    opened(file).db.close()
    made = file.with_name("backup.db")
    if isinstance(content, bytes):
        made.write_bytes(content)
    elif content == "cut":
        assert run(str(made)).exit_code == 0
        made.write_bytes(made.read_bytes()[:-8192])
    told = run(str(made), "--verify")
    assert told.exit_code == 1
    assert said in told.output
    assert "Traceback" not in told.output


def test_of_postgres_it_knows_the_command_and_keeps_the_password_off_it() -> None:
    url = "postgresql+psycopg://ann:hidden@db:5433/prod?options=-csearch_path%3Dmine"
    command, secret = dump_command(make_url(url))
    assert command == ["pg_dump", "--format=custom", "--schema=mine",
                       "--dbname=postgresql://ann@db:5433/prod", "--file"]  # fmt: skip
    assert secret == {"PGPASSWORD": "hidden"}


@pytest.mark.postgres
def test_of_postgres_it_is_a_dump_that_can_be_restored(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("pg_dump") is None:
        pytest.skip("no pg_dump here")
    monkeypatch.setenv("SANDBOX_DATABASE", postgres_url)
    db = engine.connect(postgres_url)
    schema.migrate(db)
    rig = Rig(db)
    rig.texts_in("Where is it?")
    rig.passes(5)
    made = tmp_path / "backup.dump"
    told = run(str(made))
    assert told.exit_code == 0, told.output
    assert run(str(made), "--verify").exit_code == 0
    command, secret = dump_command(make_url(postgres_url))
    name = command[2].partition("=")[2]
    db.write(lambda c: c.execute(text(f"DROP SCHEMA {name} CASCADE")))
    restore = ["pg_restore", command[3], str(made)]
    subprocess.run(restore, env={**os.environ, **secret}, check=True)
    rig.texts_in("And now?")
    rig.passes(5)
    assert len(rig.phone()) == 2
    shown = CliRunner().invoke(main, ["forget", "+15550123", "--config", str(CONFIG)])
    assert shown.exit_code == 0, shown.output
    assert "at the latest with VACUUM FULL" in " ".join(shown.output.split())
    assert "5550123" not in everything(db)
    db.close()
