"""/metrics: who may ask, what is in it, and that it looks at what is open, not at all there ever was."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from sqlalchemy import text

from connector.domain.effects import StopTimer
from connector.errors import Rejected, Transient
from connector.meters import upstream
from connector.storage import tallies
from connector.storage.engine import Database
from connector.web.app import Web, create_app, create_health
from connector.web.metrics import MANY, Scraping, stored
from tests.pipeline.costly import rig
from tests.pipeline.rig import Rig
from tests.reports.given import NOW

TOKEN = "scrape-me"
HTTP11 = {"SERVER_PROTOCOL": "HTTP/1.1"}
LOCAL = {"Host": "127.0.0.1:8000"}
PLEA = "I want to talk to a human please"


def asking(db: Database, token: str | None = None, worker: bool = False) -> FlaskClient:
    web = Web(Rig(db).parts, "https://c.example.com", dict, scraping=Scraping(token))
    client = (create_health if worker else create_app)(web).test_client()
    client.environ_base |= HTTP11
    return client


@pytest.mark.parametrize("worker", [False, True])
def test_who_may_ask(db: Database, worker: bool) -> None:
    open_, guarded = asking(db, None, worker), asking(db, TOKEN, worker)
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    far = {"REMOTE_ADDR": "10.0.0.9"}
    rows: list[tuple[FlaskClient, dict[str, str], dict[str, str], int]] = [
        (open_, {}, LOCAL, 200),
        (open_, far, LOCAL, 403),  # another machine
        (open_, {}, {"Host": "connector.example.com"}, 403),  # through a proxy that passes it on
        (open_, {}, LOCAL | {"X-Forwarded-For": "10.0.0.9"}, 403),
        (open_, {}, {"Host": "rebound.example"}, 403),
        (open_, {"SERVER_PROTOCOL": "HTTP/1.0"}, LOCAL, 403),
        (guarded, {}, LOCAL, 401),  # a token is asked for wherever it comes from
        (guarded, far, bearer, 200),
        (guarded, far, {"Authorization": f"bearer {TOKEN}"}, 200),
        (guarded, far, {"Authorization": f"Bearer {TOKEN}x"}, 401),
        (guarded, far, {"Authorization": "Bearer "}, 401),
        (guarded, far, {"Authorization": f"Basic {TOKEN}"}, 401),
        (guarded, far, {"Authorization": "Bearer \xe9"}, 401),
        (guarded, far, {}, 401),
    ]
    for client, environ, headers, status in rows:
        answer = client.get("/metrics", environ_overrides=HTTP11 | environ, headers=headers)
        assert answer.status_code == status, (environ, headers, answer.text[:200])
        assert TOKEN not in answer.text
        assert status == 200 or "connector_" not in answer.text


def test_the_contracts_names_and_no_customer(db: Database) -> None:
    one = rig(db)
    one.texts_in("Where is my parcel?")
    one.passes(2)
    one.texts_in(PLEA)
    one.passes(1)
    page = asking(db).get("/metrics", headers=LOCAL).text
    for line in (
        "connector_webhook_ack_seconds",
        "connector_inbox_oldest_age_seconds 0.0",
        'connector_outbox{state="due"} 0.0',
        'connector_outbox{state="buried"} 0.0',
        "connector_unknown_outcome_total",
        'connector_upstream_request_seconds_count{code="ok",op="open_ticket",upstream="helpdesk:main"}',
        'connector_llm_tokens_total{channel="sms-us",kind="input",model="claude-x"} 2000.0',
        'connector_llm_tokens_total{channel="sms-us",kind="cache_read",model="claude-x"} 4000.0',
        'connector_llm_cost_usd_total{channel="sms-us",model="claude-x"} 0.0034',
        'connector_handoffs_total{channel="sms-us",trigger="explicit_request"} 1.0',
    ):
        assert line in page, page
    ours = [line for line in page.splitlines() if not line.startswith("#")]
    assert not [line for line in ours if re.search(r"5550123|SM1|c[0-9a-f]{20}", line)]


def test_totals_are_those_of_all_processes_and_survive_what_is_deleted(db: Database) -> None:
    one = rig(db)
    one.texts_in(PLEA)
    one.passes(2)
    db.write(lambda c: tallies.add(c, tallies.UNKNOWN, "sms-us", number=2))
    db.write(lambda c: tallies.add(c, tallies.UNKNOWN, "sms-us"))
    for table in ("episodes", "outbox", "conversations"):
        db.write(lambda c, t=table: c.execute(text(f"DELETE FROM {t}")))  # type: ignore[misc]
    page = asking(db).get("/metrics", headers=LOCAL).text  # of another application
    assert 'connector_handoffs_total{channel="sms-us",trigger="explicit_request"} 1.0' in page
    assert 'connector_unknown_outcome_total{channel="sms-us"} 3.0' in page


def test_how_long_calls_take_by_what_they_came_to() -> None:
    for error, code in (
        (Transient("x", status=529), "529"),
        (Transient("x", code="timeout"), "timeout"),
        (Rejected("x", code="Any Words of a provider"), "rejected"),
    ):
        with pytest.raises(type(error)), upstream("bot:x", StopTimer("a")):
            raise error
        labels = {"upstream": "bot:x", "op": "stop_timer", "code": code}
        counted = REGISTRY.get_sample_value("connector_upstream_request_seconds_count", labels)
        assert counted == 1


NUMBERS = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM s WHERE n < :last)",
    "postgresql": "WITH s(n) AS (SELECT * FROM generate_series(CAST(:first AS int), CAST(:last AS int)))",
}
FILL = """INSERT INTO outbox (conversation_id, direction, key, payload, kind, state, attempts, due_at,
    created_at, done_at)
  {numbers} SELECT 'c' || (n % 997), 'customer', 'k' || n, '{{}}', 'SendText',
    CASE WHEN n = :first THEN 'buried' WHEN n = :first + 1 THEN 'due' ELSE 'done' END, 1, :at, :at,
    CASE WHEN n = :first + 1 THEN NULL ELSE {at} END FROM s"""


def fill(db: Database, number: int, first: int = 0) -> None:
    """Calls that are done, one buried, one open."""
    kind = db.engine.dialect.name
    at = "CAST(:at AS timestamptz)" if kind == "postgresql" else ":at"
    asked = text(FILL.format(numbers=NUMBERS[kind], at=at).replace(":at, :at,", f"{at}, {at},"))
    values = {"first": first, "last": first + number - 1, "at": str(NOW)}
    db.write(lambda c: c.execute(asked, values))


def steps(db: Database) -> int:
    """How many steps of SQLite's machine it takes, in tens."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    def asked(connection: Any) -> None:
        connection.connection.driver_connection.set_progress_handler(count, 10)
        stored(connection)
        connection.connection.driver_connection.set_progress_handler(None, 0)

    db.read(asked)
    return taken


def test_a_hundred_thousand_calls_that_are_done_cost_nothing(db: Database) -> None:
    fill(db, 1000)
    if db.engine.dialect.name == "sqlite":
        before = steps(db)
        fill(db, 99_000, 1000)
        assert steps(db) <= before + 20, "it reads what is done"
    else:
        fill(db, 20_000, 1000)
        db.write(lambda c: c.execute(text("ANALYZE outbox")))
        for where in ("done_at IS NULL", "state = 'buried'"):
            asked = f"EXPLAIN SELECT state, count(*) FROM outbox WHERE {where} GROUP BY state"
            plan = "\n".join(r[0] for r in db.read(lambda c, a=asked: c.execute(text(a)).all()))  # type: ignore[misc]
            assert "Seq Scan" not in plan, plan
    found = {m.name: m for m in db.read(stored)}
    states = {s.labels["state"]: s.value for s in found["connector_outbox"].samples}
    assert states == {"due": 2.0, "trying": 0.0, "uncertain": 0.0, "buried": 2.0}


def test_processes_behind_one_address_share_what_they_measured(tmp_path: Path) -> None:
    """As gunicorn's workers do (config/gunicorn.conf.py)."""
    shared = tmp_path / "shared"
    shared.mkdir()
    environ = os.environ | {MANY: str(shared)}
    measure = "from connector.meters import ACK_SECONDS as s; s.labels('channel').observe(0.01)"
    show = (
        "from prometheus_client import generate_latest as text; from connector.web.metrics import "
        "registry; from connector.storage import engine, schema; "
        f"db = engine.connect('sqlite:///{tmp_path}/a.db'); schema.migrate(db); "
        "print(text(registry(db)).decode()); db.close()"
    )
    for code in (measure, measure, show):
        ran = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True,
                             text=True, timeout=60, check=True)  # fmt: skip
    assert 'connector_webhook_ack_seconds_count{source="channel"} 2.0' in ran.stdout
    assert "connector_inbox_oldest_age_seconds 0.0" in ran.stdout
