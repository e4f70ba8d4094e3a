"""The rules and the board name what /metrics has, and every rule has a runbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from ruamel.yaml import YAML

from connector import log
from connector.meters import ACK_SECONDS
from connector.storage import tallies
from connector.storage.engine import Database
from connector.web.metrics import registry
from tests.pipeline.costly import rig

DOCS = Path(__file__).parents[2] / "docs"
SOURCES = Path(log.__file__).parent
RULES: list[dict[str, Any]] = YAML(typ="safe").load((DOCS / "prometheus/alerts.yml").read_text())[
    "groups"
][0]["rules"]
BOARD: dict[str, Any] = json.loads((DOCS / "grafana/connector.json").read_text())
OPERATING = (DOCS / "OPERATING.md").read_text()


def queries() -> Iterator[tuple[str, str]]:
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in BOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def shown(db: Database) -> dict[str, frozenset[str]]:
    """The names of all samples, each with its labels."""
    one = rig(db, dollars=0.00001)
    one.texts_in("Where is my parcel?")
    one.passes(2)
    db.write(lambda c: tallies.add(c, tallies.UNKNOWN, "sms-us"))
    db.write(lambda c: c.exec_driver_sql("INSERT INTO circuits VALUES ('bot:x', 1, NULL)"))
    db.write(lambda c: c.exec_driver_sql(
        "INSERT INTO spend VALUES ('2026-11-24', 'sms-us', 'm', true, 1, 1, 1, 1, 1, 1)"
    ))  # fmt: skip
    db.write(lambda c: c.exec_driver_sql("UPDATE alarms SET raised_at = '2099-01-01 00:00:00'"))
    ACK_SECONDS.labels("channel").observe(0.01)
    page = generate_latest(registry(db)).decode()
    found: dict[str, frozenset[str]] = {"up": frozenset({"job", "instance"})}
    for line in page.splitlines():
        if match := re.match(r"(connector_\w+)(?:\{(.*)\})? ", line):
            found[match[1]] = frozenset(re.findall(r'(\w+)="', match[2] or ""))
    return found


def test_every_query_names_a_metric_and_labels_that_exist(sqlite: Database) -> None:
    known = shown(sqlite)
    for where, query in queries():
        names = set(re.findall(r"\b(connector_\w+|up)\b", query))
        assert names, where
        assert names <= set(known), (where, names - set(known))
        labels = set[str]()
        for group in re.findall(r"by \(([^)]*)\)", query):
            labels |= {label.strip() for label in group.split(",")}
        labels |= set(re.findall(r'(\w+)(?:=~|!=|=)"', query))
        there = frozenset[str]().union(*(known[name] for name in names)) | {"instance", "job"}
        assert labels <= there, (where, labels - there)
    assert all(
        not re.search("customer|address|number|conversation", " ".join(k)) for k in known.values()
    )


def test_every_metric_of_ours_is_explained(sqlite: Database) -> None:
    names = {re.sub("_(bucket|count|sum|created)$", "", n) for n in shown(sqlite)} - {"up"}
    assert {n for n in names if f"`{n}" not in OPERATING} == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r["alert"])
def test_every_rule_has_its_runbook(rule: dict[str, Any]) -> None:
    anchor = rule["annotations"]["runbook"].removeprefix("docs/OPERATING.md#")
    assert anchor == rule["alert"].lower()
    (text,) = re.findall(rf"^#### {rule['alert']}\n(.*?)(?=^#)", OPERATING, re.M | re.S)
    for word in ("*Means*", "*Look*", "*Do*"):
        assert word in text, (rule["alert"], word)
    assert rule["labels"]["severity"] in ("page", "ticket")


def test_no_runbook_without_a_rule_and_no_two_panels_in_one_place() -> None:
    assert re.findall(r"^#### (Connector\w+)$", OPERATING, re.M) == [r["alert"] for r in RULES]
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in BOARD["panels"]]
    assert len(set(places)) == len(places)
    assert all(panel["title"] and panel["targets"] for panel in BOARD["panels"])


def test_every_line_of_the_log_is_explained() -> None:
    events = set[str]()
    for file in sorted(SOURCES.rglob("*.py")):
        if "sandbox" not in file.parts:
            text = file.read_text()
            events |= set(re.findall(r'(?:_log|bound|log\.get\(__name__\))\.\w+\(\s*"(\w+)"', text))
    assert len(events) > 30
    assert {e for e in events if f"`{e}`" not in OPERATING} == set()
