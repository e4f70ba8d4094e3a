"""`connector report` and `connector password` as a stranger calls them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result

from connector.cli.commands import main
from connector.domain.conversation import Outcome
from connector.storage import engine, schema
from tests.reports.given import Told, store
from tests.reports.test_figures import ROWS, day

CONFIG = Path(__file__).parents[2] / "config" / "sandbox.yaml"


@pytest.fixture(autouse=True)
def _stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/connector.db"
    monkeypatch.setenv("SANDBOX_DATABASE", url)
    db = engine.connect(url)
    schema.migrate(db)
    store(db, *ROWS, Told(day(6), outcome=Outcome.BOT_RESOLVED, channel="=1+1"))
    db.close()


def report(*words: str) -> Result:
    return CliRunner().invoke(main, ["report", "--config", str(CONFIG), *words])


def test_as_text(tmp_path: Path) -> None:
    shown = report("--month", "2026-11").output
    lines = {" ".join(line.split()) for line in shown.splitlines()}
    assert "November 2026 (UTC), beside it October 2026" in lines
    assert "Conversations begun 8 4" in lines
    assert "Handed over 3 2" in lines
    assert "Handoff rate 37.5 % 50.0 %" in lines
    assert "asked for a person 2 66.7 % 50.0 %" in lines
    assert "resolved by the bot 3 42.8 % 25.0 %" in lines
    assert "an agent first answers 10 min –" in lines
    assert "sms-us 2 of 5 40.0 % 50.0 %" in lines


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
