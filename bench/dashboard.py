"""Every page of the dashboard over a hundred thousand episodes, a million messages.

    python -m bench.dashboard [EPISODES [MESSAGES EACH]]

The goal is 300 ms at p95. Beside it stands each page's size.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from flask.testing import FlaskClient

from bench.table import Row, percentile, show
from connector import log
from connector.domain.ids import Address, conversation_id
from connector.storage import engine, schema
from tests.pipeline.rig import CHANNEL, Rig
from tests.reports.generated import generate
from tests.web.ops_given import client

EPISODES, EACH = 100_000, 10
ROUNDS = 20
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def pages() -> tuple[str, ...]:
    talk = conversation_id(CHANNEL, Address("+15550123"))
    return (
        "/ops/", "/ops/handoffs", "/ops/handoffs?by=week", "/ops/handoffs?by=day",
        "/ops/conversations", "/ops/conversations?handed_over=yes&page=9",
        f"/ops/conversations/{talk}", "/ops/buried", "/ops/configuration", "/ops/log",
    )  # fmt: skip


def rows(asks: FlaskClient) -> list[Row]:
    found = []
    for path in pages():
        taken = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            answer = asks.get(path)
            taken.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, path
        figure = f"{percentile(taken, 50):.0f} / {percentile(taken, 95):.0f} ms"
        found.append(Row(path, figure, f"p95 ≤ 300 ms ({len(answer.data) // 1024} KiB)"))
    return found


def main() -> None:
    log.set_up(level="error")
    episodes = int(sys.argv[1]) if len(sys.argv) > 1 else EPISODES
    each = int(sys.argv[2]) if len(sys.argv) > 2 else EACH
    with tempfile.TemporaryDirectory() as folder:
        db = engine.connect(f"sqlite:///{Path(folder)}/connector.db")
        schema.migrate(db)
        generate(db, episodes, NOW, each)
        rig = Rig(db, at=NOW)
        rig.texts_in("I want to talk to a human please")
        rig.passes(5)
        print(f"{episodes:,} episodes, {episodes * each:,} messages; p50 / p95\n")
        print(show(rows(client(rig))))
        db.close()


if __name__ == "__main__":
    main()
