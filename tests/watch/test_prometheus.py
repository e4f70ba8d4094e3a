"""The rules and the board in the real Prometheus, where it is installed (Debian: package prometheus)."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from ruamel.yaml import YAML

from connector import bootstrap
from connector.sandbox.faults import Fault
from connector.sandbox.stage import Stage
from connector.settings import load
from tests.scenarios.world import PLEA, ROOT, World, free_port, serving
from tests.watch.test_documents import BOARD, DOCS, RULES

TOKEN = "scrape-me"
TESTS = DOCS / "prometheus/alerts_test.yml"
# Of what is not going on there is no series: the rules' own tests show when these fire.
ONLY_IN_TROUBLE = frozenset({"ConnectorWaiting", "ConnectorHandoffsJump", "ConnectorTicketTrouble"})


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on this machine: the rules are only read, not run")
    return found


def test_every_rule_has_its_own_tests_when_it_fires_and_when_not() -> None:
    """Needs no Prometheus: what the file has, not what comes of it."""
    tested = YAML(typ="safe").load(TESTS.read_text())["tests"]
    cases = [case for each in tested for case in each["alert_rule_test"]]
    names = [rule["alert"] for rule in RULES]
    assert {c["alertname"] for c in cases if c["exp_alerts"]} == set(names)
    assert {c["alertname"] for c in cases if not c["exp_alerts"]} == set(names)


def test_the_rules_fire_when_they_should_and_not_before() -> None:
    promtool = program("promtool")
    for words in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run(
            [promtool, *words], cwd=DOCS / "prometheus", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    """One that asks the connector every second, with the rules; gives its URL."""
    run = program("prometheus")
    shutil.copy(DOCS / "prometheus/alerts.yml", folder / "alerts.yml")
    (folder / "token").write_text(TOKEN)
    settings = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["alerts.yml"],
        "scrape_configs": [
            {
                "job_name": "connector",
                "authorization": {"credentials_file": str(folder / "token")},
                "static_configs": [{"targets": [target]}],
            }
        ],
    }
    (folder / "prometheus.yml").write_text(json.dumps(settings))  # JSON is YAML
    url = f"127.0.0.1:{free_port()}"
    with (folder / "prometheus.log").open("w") as log:
        own = subprocess.Popen(
            [run, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb",
             f"--web.listen-address={url}"],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield f"http://{url}"
    finally:
        own.terminate()
        own.wait(20)


def asked(url: str, query: str) -> list[Any]:
    got = requests.get(f"{url}/api/v1/query", params={"query": query}, timeout=5).json()
    assert got["status"] == "success", (query, got)
    found: list[Any] = got["data"]["result"]
    return found


def until(url: str, query: str) -> list[Any]:
    """Ask until there is an answer: it collects once a second."""
    end = time.monotonic() + 40
    while time.monotonic() < end:
        try:
            if found := asked(url, query):
                return found
        except requests.RequestException:
            pass  # it is starting, and may say so
        time.sleep(0.2)
    raise AssertionError(f"no answer: {query}")


def busy(world: World) -> None:
    """Something of everything that there is a metric for."""
    world.says("Where is my parcel?")
    world.hears(1)
    world.says(PLEA)
    world.ticket()
    world.hears(2)
    # One message more than the limit allows: an alarm.
    world.says("Where is my parcel?", "+12025550148")
    world.hears(1, "+12025550148")
    world.says("And where is the other one?", "+12025550148")
    world.ticket(2)
    # A send whose answer is lost, on a channel that can't be asked.
    world.stage.telegram.faults.add("POST *sendMessage", Fault(reset=True, when="after"))
    world.stage.telegram.customer_says("Where is my parcel?", customer="7000001").wait()
    world.until(lambda: world.metric("connector_unknown_outcome_total") > 0, "unknown")


def test_a_real_prometheus_scrapes_it_and_every_query_answers(tmp_path: Path) -> None:
    program("prometheus")
    text = (ROOT / "config/sandbox.yaml").read_text()
    text = text.replace("prompts/", f"{ROOT}/config/prompts/")
    text = text.replace("knowledge: knowledge", f"knowledge: {ROOT}/config/knowledge")
    config = tmp_path / "channels.yaml"
    assert "messages_per_hour: 1000," in text
    text = text.replace("messages_per_hour: 1000,", "messages_per_hour: 1,")
    config.write_text(text + "\nops: {metrics_token: '${METRICS_TOKEN}'}\n")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Stage(url) as stage:
        environ = stage.environ(f"sqlite:///{tmp_path}/connector.db") | {"METRICS_TOKEN": TOKEN}
        made = bootstrap.build(load(config, environ), settle_after=timedelta(seconds=1))
        with serving(made, port), prometheus(tmp_path, f"127.0.0.1:{port}") as own:
            until(own, 'up{job="connector"} == 1')
            busy(World(stage, url, token=TOKEN))
            until(own, "connector_unknown_outcome_total > 0")
            until(own, "increase(connector_unknown_outcome_total[1h]) > 0")
            loaded = requests.get(f"{own}/api/v1/rules", timeout=5).json()["data"]["groups"]
            rules = [rule for group in loaded for rule in group["rules"]]
            assert [rule["name"] for rule in rules] == [rule["alert"] for rule in RULES]
            assert [rule["lastError"] for rule in rules if rule.get("lastError")] == []
            for rule in RULES:
                # Without its threshold: is there what it looks at?
                looked = rule["expr"].rpartition(" > ")[0] or rule["expr"].rpartition(" == ")[0]
                answer = asked if rule["alert"] in ONLY_IN_TROUBLE else until
                answer(own, looked)
            until(own, 'ALERTS{alertname="ConnectorCapReached", alertstate="firing"}')
            empty = [
                (panel["title"], target["expr"])
                for panel in BOARD["panels"]
                for target in panel["targets"]
                if not asked(own, target["expr"])
            ]
            assert empty == []
