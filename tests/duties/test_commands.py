"""`connector forget` and `connector export` as a stranger calls them, and Ctrl-C in the middle."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connector import bootstrap
from connector.cli.commands import main
from connector.storage import engine, schema, wipe
from connector.storage.engine import Database
from tests.duties.given import (
    CANARIES,
    NAME,
    OURS,
    REPLY,
    SAID,
    WHO,
    everything,
    found,
    in_files,
    one_episode,
    writes,
)
from tests.pipeline.rig import CHANNEL, Rig

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config" / "sandbox.yaml"
WHATSAPP = "whatsapp:" + WHO


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    url = f"sqlite:///{tmp_path}/connector.db"
    monkeypatch.setenv("SANDBOX_DATABASE", url)
    db = engine.connect(url)
    schema.migrate(db)
    rig = Rig(db, at=bootstrap.now())
    one_episode(rig)
    return rig


def run(*words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--config", str(CONFIG)])


def test_export_has_everything(rig: Rig, tmp_path: Path) -> None:
    shown = run("export", "+1 (555) 012-3")
    assert shown.exit_code == 0, shown.output
    told = json.loads(shown.output)
    assert told["format"] == 1
    (one,) = told["conversations"]
    assert (one["channel"], one["address"], one["name"]) == (CHANNEL, WHO, NAME)
    assert one["messages"][0]["text"] == SAID
    assert any(m["text"].endswith(REPLY) for m in one["messages"])
    assert [e["outcome"] for e in one["episodes"]] == ["agent_resolved"]
    assert any(t["fired"] and t["evidence"] for t in one["triggers"])
    assert one["received"][0]["raw"] == {"From": WHO, "Body": SAID}
    assert {c["kind"] for c in one["calls"]} >= {"AskBot", "OpenTicket", "AddComment", "SendText"}
    assert all(c["tried"] for c in one["calls"] if c["kind"] == "SendText")
    assert ("ticket", "1") in [(t["kind"], t["theirs"]) for t in one["tickets"]]
    assert one["messages"][0]["media"][0]["url"] == "https://media.example/1.jpg"
    # Whatever stands in the database of them stands here too: no row is left out.
    for table in ("messages", "episodes", "received", "calls", "triggers", "tickets"):
        assert one[table], table
    assert found(shown.output) == list(CANARIES)

    file = tmp_path / "them.json"
    assert run("export", WHO, "--output", str(file)).exit_code == 0
    assert json.loads(file.read_text())["conversations"] == told["conversations"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert run("export", WHO, "--output", str(file)).exit_code == 1
    assert run("export", WHO, "--output", str(file), "--force").exit_code == 0
    assert json.loads(run("export", "+15550000000").output)["conversations"] == []


@pytest.mark.parametrize("given", ["+15550123", "15550123", "+1 555 0123", WHATSAPP, "+15550199"])
def test_a_number_is_found_however_it_is_written(rig: Rig, given: str) -> None:
    told = run("forget", given, "--dry-run", "--json")
    assert [each["id"] for each in json.loads(told.output)["found"]] == [OURS]


def test_forget_says_what_there_was_and_what_is_left(rig: Rig) -> None:
    assert run("forget", WHO, "--channel", "nonsense").exit_code == 1
    assert run("forget").exit_code == 2
    other = run("forget", WHO, "--channel", "sms", "--dry-run").output
    assert other == f"Nothing is kept of {WHO}.\n"  # they wrote on another one
    told = run("forget", WHO)
    assert told.exit_code == 0, told.output
    assert f"{WHO} on {CHANNEL}: 6 messages in 1 conversation since 20" in told.output
    assert "Forgotten." in told.output
    assert "backups of this database still hold" in told.output
    assert found(everything(rig.db)) == []


def test_a_file_that_an_older_version_began_is_written_anew_once(rig: Rig, tmp_path: Path) -> None:
    """That version left what it deleted in free pages."""
    import sqlite3

    writes(rig, "zanzibar " * 900)
    with sqlite3.connect(tmp_path / "connector.db") as c:
        c.execute("PRAGMA user_version=0")
        c.execute("PRAGMA secure_delete=OFF")
        c.execute("DELETE FROM inbox WHERE handled_at IS NULL")
    assert run("forget", WHO, "--no-vacuum").output.count("run this again with --vacuum") == 1
    assert in_files(tmp_path, ("zanzibar",)) == ["connector.db: zanzibar"]
    again = run("forget", WHO)
    assert "--vacuum" not in again.output
    assert in_files(tmp_path) == []
    assert wipe.traces(tmp_path / "connector.db", [WHO, SAID]) == 0


# A command with a stop in its middle, where the parent sends SIGINT to it.
CHILD = """
import os, signal, sys, time
from connector.pipeline import forgetting
from connector.reports import everything
from connector.storage import backup, past, forgetting as rows
def stop(*_, **__):
    print("here", flush=True)
    while True: time.sleep(0.05)
place = sys.argv.pop(1)
if place == "forget": rows._rename = stop
if place == "wiping":
    from connector.storage import wipe
    wipe._emptied = stop
if place == "export": everything._conversation = stop
if place == "backup": backup.verify = stop
if place == "whatif": past._messages = stop
from connector.__main__ import main
main()
"""


def interrupted(place: str, *words: str) -> tuple[int, str, str]:
    """Its exit code, what it printed, and what stood on the terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", CHILD, place, *words, "--config", str(CONFIG)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, stdin=theirs
    ) as child:
        os.close(theirs)
        assert child.stdout is not None
        while child.stdout.readline() not in (b"here\n", b""):
            pass
        child.send_signal(signal.SIGINT)
        if place == "forget":
            # What must not be cut in two is not: here it hangs for good, so that it has to be ended.
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(0.5)
            child.kill()
        out = child.stdout.read().decode()
        code = child.wait(30)
    told = os.read(ours, 100_000).decode()
    os.close(ours)
    return code, out, told


def rows(db: Database) -> str:
    return everything(db)


def test_ctrl_c_does_no_harm(rig: Rig, tmp_path: Path) -> None:
    before = rows(rig.db)
    file = tmp_path / "out"
    for words in (["export", WHO, "--output", str(file)], ["backup", str(file)],
                  ["whatif", str(CONFIG)]):  # fmt: skip
        code, out, told = interrupted(words[0], *words)
        assert code == 130, told
        assert "connector: interrupted; nothing was" in told or "no backup was made" in told
        assert "Traceback" not in told + out
        assert [p.name for p in tmp_path.iterdir() if "connector.db" not in p.name] == []
    assert rows(rig.db) == before
    # Killed in the middle of its one transaction: nothing has happened.
    interrupted("forget", "forget", WHO, "--yes")
    assert rows(rig.db) == before
    # Between that and the file's log: it says so, and the next run does the rest.
    code, _, told = interrupted("wiping", "forget", WHO, "--yes")
    assert code == 130
    assert "the customer is forgotten, but the database's log may still hold" in told
    assert "emptying its log ..." in told  # on a terminal it says how far it is
    assert found(rows(rig.db)) == []
    assert run("forget", WHO).output.startswith("Nothing is kept")
    assert in_files(tmp_path) == []
