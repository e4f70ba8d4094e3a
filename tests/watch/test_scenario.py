"""A day's money is used up, over real HTTP: customers, agents and operators are told the truth."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from connector import bootstrap
from connector.sandbox.stage import Stage
from connector.settings import load
from connector.web.server import listen
from tests.scenarios.world import PLEA, ROOT, World, free_port
from tests.watch.sink import sink

CAP = 0.004
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:apprise")
OPS = """
ops:
  metrics_token: ${METRICS_TOKEN}
  alerts: {to: ["${ALERTS_URL}"], handoffs_to: ["${AGENTS_URL}"]}
"""


def test_the_days_money_is_used_up(tmp_path: Path) -> None:
    text = (ROOT / "config/sandbox.yaml").read_text()
    text = text.replace("prompts/", f"{ROOT}/config/prompts/")
    text = text.replace("knowledge: knowledge", f"knowledge: {ROOT}/config/knowledge")
    text = text.replace("limits: {", f"limits: {{usd_per_day: {CAP}, ")
    config = tmp_path / "channels.yaml"
    config.write_text(text + OPS)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with sink() as ops, sink() as agents, Stage(url) as stage:
        agents.let_go = ops.let_go = threading.Event()  # neither answers for now
        environ = stage.environ(f"sqlite:///{tmp_path}/connector.db") | {
            "METRICS_TOKEN": "scrape", "ALERTS_URL": ops.address, "AGENTS_URL": agents.address,
        }  # fmt: skip
        connector = bootstrap.build(
            load(config, environ), settle_after=timedelta(seconds=1),
            reconcile_every=timedelta(seconds=1),
        )  # fmt: skip
        listener = listen(connector.app, "127.0.0.1", port)
        connector.start()
        listener.start()
        world = World(stage, url)
        try:
            customers = [f"+1202555{n:04}" for n in range(1, 9)]
            for customer in customers:
                world.says("Where is my parcel?", customer)
                (first, *_) = world.hears(1, customer)
                if "automated" not in first:
                    break
            else:
                pytest.fail("the limit was never met")
            # It was told when the ticket existed, while Slack and Teams hang.
            assert "person" in first
            ticket = world.ticket()
            assert "usd_per_day" in world.html(ticket)
            world.says(PLEA, customers[-1])
            world.hears(1, customers[-1])
            ops.let_go.set()
            end = time.monotonic() + 30
            while (len(ops.taken), len(agents.taken)) != (1, 2) and time.monotonic() < end:
                time.sleep(0.05)
            assert ops.titles == ["sms: the limit usd_per_day is used up (0.004 US dollars a day)"]
            assert len(agents.taken) == 2
            assert "555" not in str(ops.taken[0]["message"])
            assert requests.get(f"{url}/metrics", timeout=5).status_code == 401
            page = requests.get(
                f"{url}/metrics", timeout=5, headers={"Authorization": "Bearer scrape"}
            ).text
            (cost,) = [x for x in page.splitlines() if x.startswith("connector_llm_cost_usd_total")]
            assert 0 < float(cost.split()[-1]) <= CAP
            assert 'connector_alarms{kind="cap_reached",owner="sms"} 1.0' in page
        finally:
            ops.let_go.set()
            listener.stop()
            connector.close(5)
