"""judge, score and whatif: JSON lines in and out, what is wrong with them, and past episodes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector.cli.commands import main
from connector.domain.conversation import Author, Conversation
from connector.domain.handoff.base import Trigger
from connector.domain.ids import Address, TicketId
from connector.storage import conversations, schema, tables
from connector.storage.engine import Database, connect

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC)


def run(*words: str, given: str = "") -> tuple[int, str, str]:
    done = CliRunner().invoke(main, list(words), input=given)
    return done.exit_code, done.stdout, done.stderr


def test_judge_says_why_and_why_not() -> None:
    rows = [{"text": "put me through to an agent"}, {"text": "dont transfer me to an agent"}]
    given = "\n".join(map(json.dumps, rows))
    _, out, _ = run("judge", "--task", "explicit_request", "--why", given=given)
    fired, taken_back = (json.loads(line)["why"][0] for line in out.splitlines())
    assert fired["fired"]
    assert fired["evidence"] == [{"quote": rows[0]["text"], "detail": "asks to reach a person"}]
    assert not taken_back["fired"]
    assert taken_back["score"] < taken_back["threshold"]
    assert taken_back["evidence"][0]["detail"] == "taken back: dont transfer"


def test_judge_of_a_conversation_says_what_each_trigger_saw() -> None:
    row = {"turns": [{"role": "customer", "text": "I will sue you"}]}
    _, out, _ = run("judge", "--task", "conversation", "--why", given=json.dumps(row))
    seen = {one["trigger"]: one for one in json.loads(out)["why"]}
    assert seen["legal"]["evidence"][0]["quote"] == "I will sue you"
    assert not seen["explicit_request"]["fired"]


def test_judge_keeps_order_and_fields() -> None:
    rows: list[dict[str, object]] = [
        {"id": "a", "text": "get me a human", "lang": "en", "own": [1, {"x": None}]},
        {"id": 2, "text": "where is my parcel"},
        {"text": "ich will mit einem menschen reden", "lang": "de"},
    ]
    code, out, _ = run(
        "judge", "--task", "explicit_request", given="\n".join(map(json.dumps, rows))
    )
    found = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [{k: f[k] for k in r} for f, r in zip(found, rows, strict=True)] == rows
    assert [(f["fire"], f["trigger"]) for f in found] == [
        (True, "explicit_request"),
        (False, None),
        (True, "explicit_request"),
    ]
    assert all(0 <= f["score"] <= 1 for f in found)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{", ":2:2: not JSON"),
        ("[1]", ":2: expected an object"),
        ('{"id": 1}', ":2: a row needs a text"),
        ("[" * 100_000, ":2: "),
    ],
)
def test_a_broken_line_is_told_with_its_number(bad: str, reason: str) -> None:
    code, out, err = run("judge", "--task", "legal", given=f'{{"text": "hi"}}\n{bad}\n')
    assert code == 1
    assert len(out.splitlines()) == 1
    assert reason in err
    assert len(err.splitlines()) == 1


def test_score_measures_and_shows_what_is_wrong(tmp_path: Path) -> None:
    rows = [
        {"text": "human please", "label": "wants_human", "source": "a"},
        {"text": "blub", "label": "wants_human", "source": "b"},
        {"text": "where is it", "label": "none", "source": "b"},
        {"text": "hm", "label": "ambiguous", "source": "b"},
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    figures = json.loads(run("score", str(file), "--json")[1])
    assert (figures["task"], figures["positives"], figures["negatives"]) == (
        "explicit_request",
        2,
        1,
    )
    assert (figures["precision"], figures["recall"]) == (1.0, 0.5)
    assert figures["by_source"]["a"]["recall"] == 1.0
    assert "missed, line 2: blub" in run("score", str(file), "--show", "5")[1]


def test_score_of_conversations(tmp_path: Path) -> None:
    turns = [{"role": "customer", "text": "hi"}, {"role": "bot", "text": "Hello"},
             {"role": "customer", "text": "a person please"}]  # fmt: skip
    file = tmp_path / "rows.jsonl"
    file.write_text(
        json.dumps({"turns": turns, "ideal": 2})
        + "\n"
        + json.dumps({"turns": turns, "ideal": None})
    )
    figures = json.loads(run("score", str(file), "--json")[1])
    assert (figures["on_time"], figures["false"], figures["missed"]) == (1.0, 1.0, 0.0)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A configuration, its settings to try, and a database with two episodes."""
    url = f"sqlite:///{tmp_path}/c.db"
    text = (ROOT / "config" / "sandbox.yaml").read_text()
    lines = [f"database: {url}" if x.startswith("database:") else x for x in text.splitlines()]
    for name in ("prompts", "knowledge"):
        (tmp_path / name).symlink_to(ROOT / "config" / name)
    (tmp_path / "channels.yaml").write_text("\n".join(lines))
    db = connect(url)
    schema.migrate(db)
    _episode(db, "+15550001", ["the chargeback form is where?", "ok"], None, ())
    wanted = ["hi", "human please"]
    _episode(db, "+15550002", wanted, Trigger.EXPLICIT_REQUEST, ("handoff_too_late",))
    _episode(db, "+15550003", ["agent!"], Trigger.EXPLICIT_REQUEST, ("bot_should_have_known",))
    _episode(db, "+15550004", ["a lawyer"], Trigger.KEYWORDS, ("sms", "bot_resume"))
    db.close()
    return tmp_path


def _episode(
    db: Database, address: str, texts: list[str], trigger: Trigger | None, tags: tuple[str, ...]
) -> None:
    with_id = Conversation.begin("sms", Address(address))
    db.write(lambda c: conversations.ensure(c, "sms", Address(address), NOW))
    before = db.read(lambda c: conversations.load(c, with_id.id))
    assert before is not None
    after = before
    for number, text in enumerate(texts):
        after = after.add(Author.CUSTOMER, text, NOW - timedelta(minutes=9 - number))
    if trigger:
        ticket = address[-1]
        handed = replace(after.episode, trigger=trigger, handed_off_at=NOW)
        episode = replace(handed, ticket=TicketId(ticket))
        after = replace(after, episode=episode)
        row = {"source": "t", "external_id": address, "conversation_id": after.id, "kind": "TicketRead",
               "payload": json.dumps({"changes": {"ticket": ticket, "tags": tags}}),
               "received_at": NOW, "due_at": NOW}  # fmt: skip
        db.write(lambda c: c.execute(tables.inbox.insert(), row))
    db.write(lambda c: conversations.save(c, before, after, (), NOW))


def test_whatif_tells_what_would_change(stored: Path) -> None:
    other = stored / "other.yaml"
    other.write_text('handoff:\n  keywords: ["hi", "chargeback"]\n')
    code, out, err = run("whatif", str(other), "--config", str(stored / "channels.yaml"), "--json")
    assert code == 0, err
    facts = json.loads(out)
    assert (facts["episodes"], facts["rate_before"], facts["rate_after"]) == (4, 0.75, 0.75)
    assert (facts["added"], facts["earlier"], facts["same"], facts["dropped"]) == (1, 1, 1, 1)
    assert (facts["labelled"], facts["as_agents_wanted"]) == (3, 2)
    assert facts["by_label"] == {
        "not_needed": {"handoffs": 2, "as_wanted": 1},  # "agent!" is asked for all the same
        "too_late": {"handoffs": 1, "as_wanted": 1},
    }
    assert facts["changed"][0]["quote"] == "the chargeback form is where?"
    shown = run("whatif", str(other), "--config", str(stored / "channels.yaml"))[1]
    assert "4 episodes; handed over: 75.0% then, 75.0% now" in shown
    assert "2 handoffs not needed (handed back, bot_should_have_known); now 1 would not" in shown
    assert "1 handoff too late (handoff_too_late); now 1 would be made earlier" in shown
    assert "customer message 2 (explicit_request) -> customer message 1 (keywords)" in shown


def test_whatif_refuses_wrong_settings_with_their_place(stored: Path) -> None:
    other = stored / "other.yaml"
    other.write_text("handoff:\n  explicit_request: false\n  modl: true\n")
    code, _, err = run("whatif", str(other), "--config", str(stored / "channels.yaml"))
    assert code == 1
    assert "other.yaml:3:3" in err


def test_check_tells_where_a_phrase_list_is_broken(stored: Path) -> None:
    (stored / "phrases").mkdir()
    (stored / "phrases" / "en.yaml").write_text("target+: [claims desk]\nacton: [talk to]\n")
    code, _, err = run("check", str(stored / "channels.yaml"))
    assert code == 1
    assert "en.yaml:2:1: no list is called 'acton'" in err


def test_a_department_is_added_without_code(stored: Path) -> None:
    (stored / "phrases").mkdir()
    (stored / "phrases" / "en.yaml").write_text("target+: [zorgdesk]\n")
    words = ("judge", "--task", "explicit_request")
    row = '{"text": "zorgdesk please"}'
    assert json.loads(run(*words, given=row)[1])["fire"] is False
    own = run(*words, "--config", str(stored / "channels.yaml"), given=row)[1]
    assert json.loads(own)["fire"] is True
