"""Every command: its help, its place in the README, and what it does with wrong words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector.cli.commands import COMMANDS, main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_has_help_and_is_told_in_the_readme(name: str) -> None:
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0
    assert shown.output.startswith(f"Usage: connector {name}") or f"main {name}" in shown.output
    assert f"`connector {name}" in (ROOT / "README.md").read_text()


def test_those_without_a_bot_do_not_wait_for_its_sdk() -> None:
    """Importing it takes longer than all the rest."""
    found = "import sys; from connector.cli import backup, buried, check, export, migrate, report; "
    asked = [sys.executable, "-c", f"{found}sys.exit('anthropic' in sys.modules)"]
    assert subprocess.run(asked, cwd=ROOT, timeout=60).returncode == 0


def test_the_list_names_all_of_them() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    for name, (_, said) in COMMANDS.items():
        assert f"  {name} " in shown
        assert said in shown


@pytest.mark.parametrize("words", [["nonsense"], ["serve", "--port", "0"], ["check", "--what"]])
def test_wrong_use_is_exit_code_2(words: list[str]) -> None:
    assert CliRunner().invoke(main, words).exit_code == 2


def test_check_says_file_line_and_column_and_the_nearest_key(tmp_path: Path) -> None:
    """A56: the reason, the place, and never the value."""
    good = (ROOT / "config" / "sandbox.yaml").read_text()
    file = tmp_path / "channels.yaml"
    file.write_text(good.replace("quiet_period: 1.5s", "quiet_perod: 1.5s"))
    refused = CliRunner().invoke(main, ["check", str(file)])
    assert refused.exit_code == 1
    line = next(i for i, x in enumerate(file.read_text().splitlines(), 1) if "quiet_perod" in x)
    assert f"{file}:{line}:5" in refused.output
    assert "quiet_period" in refused.output
    told = json.loads(CliRunner().invoke(main, ["check", "--json", str(file)]).output)
    assert told["ok"] is False
    assert any(p["line"] == line and p["level"] == "error" for p in told["problems"])


def test_check_names_a_model_whose_price_nobody_knows(tmp_path: Path) -> None:
    good = (ROOT / "config" / "sandbox.yaml").read_text()
    good = good.replace("prompts/", f"{ROOT}/config/prompts/")
    good = good.replace("knowledge: knowledge", f"knowledge: {ROOT}/config/knowledge")
    file = tmp_path / "channels.yaml"
    for change, warned in (
        ("model: claude-haiku-9", True),
        ("model: claude-haiku-9\n    price: {input: 1, output: 5}", False),
    ):
        file.write_text(good.replace("model: claude-haiku-5-5", change))
        told = CliRunner().invoke(main, ["check", str(file)])
        assert told.exit_code == 0, told.output
        assert ("price of claude-haiku-9 is not known" in told.output) is warned
        assert ("set bots.support.price (warning)" in told.output) is warned


def test_check_of_the_examples_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("PUBLIC_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "ZENDESK_CLIENT_ID",
             "ZENDESK_CLIENT_SECRET", "ZENDESK_WEBHOOK_SECRET", "ANTHROPIC_API_KEY")  # fmt: skip
    for name in names:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("PUBLIC_URL", "https://connector.example.com")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    for file in ("sandbox.yaml", "channels.example.yaml"):
        told = CliRunner().invoke(main, ["check", str(ROOT / "config" / file)])
        assert told.exit_code == 0, told.output
        assert "is right" in told.output


def test_a_file_that_is_missing_is_one_sentence(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["check", str(tmp_path / "none.yaml")])
    assert told.exit_code == 1
    assert len(told.output.splitlines()) == 1
    assert "none.yaml" in told.output


def test_check_warns_of_an_api_token_with_the_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It still is right; the warning says until when."""
    oauth = """    oauth:
      client_id: connector
      client_secret: ${SANDBOX_ZENDESK_SECRET:-sandbox-client-secret}
"""
    token = '    api_token: {email: a@example.com, token: "${API_TOKEN}"}\n'
    for name in ("prompts", "knowledge"):
        (tmp_path / name).symlink_to(ROOT / "config" / name)
    file = tmp_path / "channels.yaml"
    text = (ROOT / "config" / "sandbox.yaml").read_text()
    assert oauth in text
    file.write_text(text.replace(oauth, token))
    monkeypatch.setenv("API_TOKEN", "x")
    told = CliRunner().invoke(main, ["check", str(file)])
    assert told.exit_code == 0, told.output
    assert "api_token: works until 2027-04-30" in told.output
    asjson = json.loads(CliRunner().invoke(main, ["check", "--json", str(file)]).output)
    assert [p["level"] for p in asjson["problems"]] == ["warning"]
