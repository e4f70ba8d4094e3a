"""`connector forget` and `connector export` as a stranger calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connector import bootstrap
from connector.cli.commands import main
from connector.pipeline import forgetting
from connector.storage import engine, schema, wipe
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


def test_the_dashboards_way_is_one_step(rig: Rig, tmp_path: Path) -> None:
    writes(rig, "zanzibar, on its way")
    (left,) = forgetting.everywhere(rig.db, WHO, {CHANNEL: "main"}, "ana", rig.at)
    assert left.tickets[0].id == "1"
    assert in_files(tmp_path) == []
    assert forgetting.everywhere(rig.db, WHO, {}, "ana", rig.at) == []


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
