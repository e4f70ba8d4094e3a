"""`connector buried` on a database in which something was given up on."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Table, select, update

from connector import bootstrap
from connector.cli.commands import main
from connector.domain.ids import Address, conversation_id
from connector.errors import Transient
from connector.pipeline import advance, retry
from connector.storage import buried, engine, schema, tables
from tests.pipeline.rig import Rig

CONFIG = Path(__file__).parents[2] / "config" / "sandbox.yaml"


def down(operation: str, when: str) -> None:
    if operation == "send" and when == "before":
        raise Transient("down", status=503, code="http_503")


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """The bot's answer could not be sent for so long that it was given up on."""
    monkeypatch.setattr(retry, "GIVE_UP_AFTER", timedelta(minutes=30))
    url = f"sqlite:///{tmp_path}/connector.db"
    monkeypatch.setenv("SANDBOX_DATABASE", url)
    db = engine.connect(url)
    schema.migrate(db)
    rig = Rig(db, at=bootstrap.now())  # the command has no other clock
    rig.hook(down)
    rig.texts_in("Where is it?")
    rig.passes(3600)
    return rig


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["buried", "--config", str(CONFIG), *words])


def test_what_was_given_up_on_is_listed_with_reason_attempts_and_what_the_customer_saw(
    rig: Rig,
) -> None:
    assert run().output == run("list").output
    shown = run("list").output
    assert "call-" in shown
    assert "SendText" in shown
    assert "attempts: after " in shown
    assert "in 1 h: down" in shown
    assert "the customer saw last: failed: <automated:-> re: Where is it?" in shown
    (found,) = json.loads(run("list", "--json").output)
    assert found["what"] == "SendText"
    assert found["attempts"] > 5
    assert found["channel"] == "sms-us"


def test_a_replay_is_sent_once_and_the_message_counts_as_sent(rig: Rig) -> None:
    (found,) = rig.db.read(buried.listed)
    assert run("replay", found.id).output == f"{found.id} is tried again\n"
    rig.hook(lambda *_: None)
    rig.passes(60)
    assert rig.phone() == ["<automated:-> re: Where is it?"]
    assert run("list").output == "Nothing is buried.\n"
    refused = run("replay", found.id)
    assert refused.exit_code == 1
    assert f"'{found.id}'" in refused.output


def test_what_is_dropped_is_never_sent(rig: Rig) -> None:
    (found,) = rig.db.read(buried.listed)
    assert CliRunner().invoke(
        main, ["buried", "--config", str(CONFIG), "drop", found.id], input="n\n"
    ).exit_code == 1  # fmt: skip
    assert run("drop", "--yes", found.id).output == f"{found.id} is dropped\n"
    rig.hook(lambda *_: None)
    rig.passes(3600)
    assert rig.phone() == []
    assert run("list").output == "Nothing is buried.\n"


def test_an_event_that_can_not_be_handled_is_listed_and_tried_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poisoned(*_: object) -> None:
        raise RuntimeError("poison")

    rig.hook(lambda *_: None)
    with monkeypatch.context() as patched:
        patched.setattr(advance, "decide", poisoned)
        rig.texts_in("Poison", customer="+15550999")
        rig.passes(1)
    (found,) = [x for x in rig.db.read(buried.listed) if x.what == "CustomerMessaged"]
    assert found.id.startswith("event-")
    assert run("replay", found.id).exit_code == 0
    rig.passes(10)
    assert rig.phone("+15550999")[0].endswith("re: Poison")


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [(tables.inbox, "kind", "FromTheFuture"), (tables.conversations, "state", "{}")],
)
def test_what_this_version_can_not_read_waits_for_one_that_can(
    rig: Rig, table: Table, column: str, value: str
) -> None:
    rig.hook(lambda *_: None)
    rig.texts_in("Hello", customer="+15550999")
    rig.texts_in("Hello", customer="+15550998")
    theirs = conversation_id("sms-us", Address("+15550999"))
    here = table.c.get("conversation_id", table.c.id) == theirs
    kept = rig.db.read(lambda c: c.execute(select(table.c[column]).where(here)).scalar_one())
    rig.db.write(lambda c: c.execute(update(table).where(here).values({column: value})))
    rig.passes(10)
    assert len(rig.phone("+15550998")) == 1
    (found,) = [x for x in rig.db.read(buried.listed) if x.conversation == theirs]
    assert (found.what.startswith("call"), found.attempts) == (False, 1)
    rig.db.write(lambda c: c.execute(update(table).where(here).values({column: kept})))
    rig.passes(3600)
    assert len(rig.phone("+15550999")) == 1


@pytest.mark.parametrize("name", ["nonsense", "call-0", "call-x", "event-99"])
def test_an_unknown_id_is_one_sentence(rig: Rig, name: str) -> None:
    for command in (["replay", name], ["drop", "--yes", name]):
        refused = run(*command)
        assert refused.exit_code == 1
        assert len(refused.output.splitlines()) == 1


def test_a_database_that_is_behind_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_DATABASE", f"sqlite:///{tmp_path}/empty.db")
    refused = run("list")
    assert refused.exit_code == 1
    assert "run `connector migrate` first" in refused.output


@pytest.mark.usefixtures("rig")
def test_the_configuration_may_be_named_after_the_word_too() -> None:
    last = CliRunner().invoke(main, ["buried", "list", "--config", str(CONFIG)])
    assert last.output == run("list").output
    unknown = CliRunner().invoke(main, ["buried", "list", "--config", "nowhere.yaml"])
    assert unknown.exit_code == 1
    assert "nowhere.yaml" in unknown.output
