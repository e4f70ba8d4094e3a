"""`connector report` and `connector password` as a stranger calls them."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result
from sqlalchemy import insert

from connector.cli.commands import main
from connector.domain.conversation import Outcome
from connector.domain.handoff.base import Trigger
from connector.domain.money import NANO
from connector.reports import spend
from connector.storage import engine, schema, watched
from connector.storage.engine import Database
from connector.web.ops import words
from tests.reports.given import Told, store
from tests.reports.test_figures import ROWS, day

CONFIG = Path(__file__).parents[2] / "config" / "sandbox.yaml"


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path}/connector.db"
    monkeypatch.setenv("SANDBOX_DATABASE", url)
    db = engine.connect(url)
    schema.migrate(db)
    store(db, *ROWS, Told(day(6), outcome=Outcome.BOT_RESOLVED, channel="=1+1"))
    yield db
    db.close()


def report(*words: str) -> Result:
    return CliRunner().invoke(main, ["report", "--config", str(CONFIG), *words])


def test_as_text(tmp_path: Path) -> None:
    shown = report("--month", "2026-11").output
    lines = {" ".join(line.split()) for line in shown.splitlines()}
    assert "Handoffs in November 2026 (UTC)" in lines
    assert "November 2026 October 2026" in lines
    assert "Conversations begun 8 4" in lines
    assert "Handed over 3 2" in lines
    assert "Handoff rate 37.5 % 50.0 %" in lines
    assert "asked for a person 2 66.7 % 1 50.0 %" in lines
    assert "resolved by the bot 3 42.8 % 1 25.0 %" in lines
    assert "an agent first answers (2) 10 min / 15 min – / –" in lines
    assert "sms-us 2 of 5 40.0 % 2 of 4 50.0 %" in lines


def test_as_json_and_csv_it_says_the_same(tmp_path: Path) -> None:
    told = json.loads(report("--month", "2026-11", "--json").output)
    assert (told["conversations"], told["handoff_rate"]) == (8, 37.5)
    assert (told["before"]["period"], told["before"]["handoff_rate"]) == ("2026-10", 50.0)
    assert sum(round(x["share"] * 10) for x in told["outcomes"].values()) == 1000
    assert told["seconds_to_reply"] == {"number": 2, "median": 600.0, "nine_in_ten": 900.0}
    rows = list(csv.reader(io.StringIO(report("--month", "2026-11", "--csv").output)))
    assert rows[0] == ["what", "of", "2026-11", "2026-10"]
    assert ["handoff_rate", "", "37.5", "50.0"] in rows
    assert ["trigger_number", "explicit_request", "2", "1"] in rows
    assert all(len(row) == 4 for row in rows)
    assert {row[1] for row in rows if "1+1" in row[1]} == {"'=1+1"}


def test_as_a_page(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert report("--month", "2026-11", "--html", str(file)).exit_code == 0
    text = file.read_text()
    assert "Handoffs in November 2026" in text
    assert "37.5 %" in text
    assert "=1+1" in text
    assert "<script" not in text
    assert "http" not in text
    missing = report("--html", str(tmp_path / "none" / "report.html"))
    assert (missing.exit_code, len(missing.output.splitlines())) == (1, 1)


def words_of(text: str) -> list[str]:
    """Without what marks it up."""
    return html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", text, flags=re.S)).split()


def in_words(told: dict[str, Any]) -> Iterator[str]:
    """Each figure of the JSON form as people read it: `12`, `66.7 %`, `10 min`, `$0.05`."""
    for name in ("conversations", "handed_over", "going_on", "solved", "reopened", "came_back",
                 "rated", "satisfied"):  # fmt: skip
        yield f"{told[name]:,}"
    for name in ("handoff_rate", "reopened_rate", "came_back_rate", "csat"):
        yield "–" if told[name] is None else f"{told[name]:.1f} %"
    yield "–" if told["mean_score"] is None else f"{told['mean_score']:.2f}"
    for known, kind in ((words.OUTCOMES, "outcomes"), (words.TRIGGERS, "triggers")):
        for name, part in told[kind].items():
            if part["number"]:
                yield from (known[name], f"{part['number']:,}", f"{part['share']:.1f} %")
    for topic in told["topics"]:
        yield from (topic["name"] or "not known", f"{topic['handed_over']:,}")
        yield f"{topic['in_a_hundred']:.1f}"
    for group in (*told["channels"], *told["languages"]):
        yield from (f"{group['handed_over']:,}", f"{group['conversations']:,}")
        yield f"{group['handoff_rate']:.1f} %"
    for kind in ("seconds_to_ticket", "seconds_to_reply", "seconds_to_solved"):
        for each in ("median", "nine_in_ten"):
            value = told[kind][each]
            yield words.duration(None if value is None else timedelta(seconds=value))
    yield from cost_in_words(told)


def cost_in_words(told: dict[str, Any]) -> Iterator[str]:
    for row in told["model_cost"]:
        yield from (f"{row['channel']}, {row['model']}", f"{sum(row['tokens'].values()):,}")
        yield "not known" if row["usd"] is None else spend.dollars(round(row["usd"] * NANO))
    each = told["model_usd_per_conversation"]
    yield "–" if each is None else spend.dollars(round(each * NANO))
    yield from (spend.dollars(round(told["model_usd"] * NANO)), f"{told['model_tokens']:,}")


def test_the_same_figures_stand_in_all_four_forms(database: Database, tmp_path: Path) -> None:
    rows = [
        ("2026-11-03", "sms-us", "claude-x", True, 12, 1_000_000, 5000, 0, 31, 1_025_000_000),
        ("2026-11-04", "=1+1", "claude-9", False, 2, 700, 41, 3, 0, 0),
        ("2026-10-30", "sms-us", "claude-x", True, 3, 4321, 99, 0, 0, 4_816_000),
    ]
    names = [c.name for c in watched.spend.c]
    database.write(lambda c: c.execute(
        insert(watched.spend), [dict(zip(names, row, strict=True)) for row in rows]
    ))  # fmt: skip
    file = tmp_path / "report.html"
    plain = report("--month", "2026-11").output
    report("--month", "2026-11", "--html", str(file))
    told = json.loads(report("--month", "2026-11", "--json").output)
    forms = {"text": plain.split(), "page": words_of(file.read_text())}
    for side in (told, told["before"]):
        for figure in in_words(side):
            for form, shown in forms.items():
                # In the text some stand once for all rows: the tokens of the whole are added up.
                if (form, figure) == ("text", f"{side['model_tokens']:,}"):
                    continue
                found = f" {figure} " in f" {' '.join(shown).replace('(', ' ').replace(')', ' ')} "
                assert found, (form, figure)
    listed = list(csv.reader(io.StringIO(report("--month", "2026-11", "--csv").output)))
    table = {(what, of.removeprefix("'")): (now, then) for what, of, now, then in listed}
    for name, value in told.items():
        if isinstance(value, int | float) and name != "before":
            pair = tuple(float(x) for x in table[name, ""] if x)
            both = (value, told["before"][name])
            assert pair == tuple(float(x) for x in both if x is not None), name
    for row in told["model_cost"]:
        dearly = f"{row['channel']}, {row['model']}"
        dearly += " (no price)" if row["usd"] is None else ""
        assert table["model_usd", dearly][0] == ("" if row["usd"] is None else str(row["usd"]))
        assert table["model_tokens", dearly][0] == str(sum(row["tokens"].values()))
    for kind, one in (("outcomes", "outcome"), ("triggers", "trigger")):
        for name, part in told[kind].items():
            assert table[f"{one}_number", name][0] == str(part["number"])
            assert table[f"{one}_share", name][0] == str(part["share"])


def test_what_there_was_in_the_month_before_alone_is_there(database: Database) -> None:
    store(database, Told(day(6) - timedelta(days=30), Trigger.LEGAL, channel="old", topic="gone"))
    lines = {" ".join(line.split()) for line in report("--month", "2026-11").output.splitlines()}
    assert {"old – 1 of 1 100.0 %", "gone 0 0.0 1 20.0"} < lines


@pytest.mark.parametrize("month", ["2026-13", "November", "", "9999-01", "2026-1"])
def test_what_is_no_month_is_wrong_use(month: str) -> None:
    told = report("--month", month)
    assert told.exit_code == 2
    assert "--month" in told.output


def test_a_month_without_anything() -> None:
    told = report("--month", "2001-01")
    assert told.exit_code == 0
    assert "–" in told.output


def test_a_password_becomes_a_hash_that_opens() -> None:
    told = CliRunner().invoke(main, ["password"], input="a long password\n")
    assert told.exit_code == 0
    assert PasswordHasher().verify(told.output.strip(), "a long password")
    short = CliRunner().invoke(main, ["password"], input="short\n")
    assert (short.exit_code, "from 10 to 1000" in short.output) == (1, True)
