"""The files that are shipped: the example, the sandbox's, and the schema that editors use."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from connector.settings import load, schema
from connector.settings.json_schema import json_schema
from tests.settings.given import ENVIRON

CONFIG = Path(__file__).parents[2] / "config"
EXAMPLE = CONFIG / "channels.example.yaml"
SECTIONS = {name: part for name, part in json_schema()["$defs"].items() if "properties" in part}
KEYS = sorted(
    {(name, key) for name, part in SECTIONS.items() for key in part["properties"]}
    | {("", key) for key in json_schema()["properties"]}
)


def test_the_example_is_right() -> None:
    settings = load(EXAMPLE, ENVIRON)
    assert settings.channels["sms-us"].ticket.group == 360001
    assert len(settings.bots["support"].articles) >= 6


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_the_example_names_every_key(section: str, key: str) -> None:
    assert re.search(rf"\b{key}:", EXAMPLE.read_text(encoding="utf-8")), f"{section}.{key}"


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_every_key_is_described(section: str, key: str) -> None:
    part = SECTIONS[section] if section else json_schema()
    found = part["properties"][key]
    target = SECTIONS.get(found.get("$ref", "").removeprefix("#/$defs/"), {})
    assert found.get("description") or target.get("description")


def test_the_example_is_right_with_each_comment_taken_away() -> None:
    """What stands in comments is no fiction: uncommented, all but the alternatives loads."""
    text = EXAMPLE.read_text(encoding="utf-8")
    shown = re.sub(r"^( *)# (?=(  )*[a-z_]+:( |$))", r"\1", text, flags=re.MULTILINE)
    shown = re.sub(r"\n    (api_token|messaging_service):.*(\n      .*)*", "", shown)
    assert shown.count("poll_every: 60s") == 1
    shown_file = CONFIG / "channels.example.yaml"
    settings = _load_text(shown, shown_file)
    assert settings.helpdesks["main"].base_url == "http://127.0.0.1:9003"
    assert settings.ops.auth.accounts["ana"].role == "operator"


def _load_text(text: str, beside: Path) -> Any:
    file = beside.with_name(".shown.yaml")
    file.write_text(text, encoding="utf-8")
    try:
        return load(file, ENVIRON)
    finally:
        file.unlink()


def test_the_sandbox_needs_no_environment() -> None:
    assert load(CONFIG / "sandbox.yaml", {}).channels


def test_the_schema_is_up_to_date() -> None:
    found = CliRunner().invoke(schema.main, ["--check"])
    assert found.exit_code == 0, found.output


def test_a_schema_that_is_behind_fails(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    assert CliRunner().invoke(schema.main, ["--check", str(file)]).exit_code == 1
    assert CliRunner().invoke(schema.main, ["--write", str(file)]).exit_code == 0
    assert CliRunner().invoke(schema.main, ["--check", str(file)]).exit_code == 0
    file.write_text(file.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert CliRunner().invoke(schema.main, ["--check", str(file)]).exit_code == 1
    assert CliRunner().invoke(schema.main, []).exit_code == 2


def _plain(file: Path) -> Any:
    return YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["channels.example.yaml", "sandbox.yaml"])
def test_editors_accept_what_is_shipped(name: str) -> None:
    written = json.loads(schema.FILE.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(written)
    assert list(Draft202012Validator(written).iter_errors(_plain(CONFIG / name))) == []


def _spoilt() -> Iterator[tuple[str, Any]]:
    yield "number", 15550100
    yield "quiet_perod", "1s"
    yield "quiet_period", "1.5"
    yield "limits", {"messages_per_hour": 0}
    yield "handoff", {"keywords": True}


@pytest.mark.parametrize(("key", "value"), list(_spoilt()))
def test_editors_refuse_what_load_refuses(key: str, value: Any) -> None:
    content = _plain(EXAMPLE)
    content["channels"]["sms-us"][key] = value
    assert list(Draft202012Validator(json_schema()).iter_errors(content))
