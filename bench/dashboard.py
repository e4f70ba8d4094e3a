"""Every page of the dashboard over a hundred thousand episodes, a million messages.

    python -m bench.dashboard [--database URL] [EPISODES [MESSAGES EACH]]

The goal is 300 ms at p95, on SQLite and on Postgres. "Own" is this process's own time at p95, which a
busy machine disturbs less (without Postgres's part). Beside it stands each page's size. Without a URL
it is SQLite in a folder of its own; a database that is named is filled once and measured again and
again, and should be one that nothing else uses.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from bench.table import Row, percentile, show
from connector import log
from connector.domain.ids import Address, conversation_id
from connector.storage import articles, engine, schema
from connector.storage.engine import Database
from connector.storage.tables import episodes
from tests.pipeline.rig import CHANNEL, Rig
from tests.reports.generated import generate
from tests.web.ops_given import client

EPISODES, EACH = 100_000, 10
ROUNDS = 20
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
ARTICLES = ("late delivery", "refund status", "wrong size", "gift card")


def pages() -> tuple[str, ...]:
    talk = conversation_id(CHANNEL, Address("+15550123"))
    return (
        "/ops/", "/ops/handoffs", "/ops/handoffs?by=week", "/ops/handoffs?by=day",
        "/ops/conversations", "/ops/conversations?handed_over=yes&page=9",
        "/ops/conversations?topic=late+delivery", "/ops/conversations?rated=yes&by=month",
        f"/ops/conversations/{talk}", "/ops/gaps", "/ops/gaps/topic?topic=late+delivery",
        "/ops/buried", "/ops/configuration", "/ops/log", "/ops/live", "/ops/live?who=WithBot",
        "/ops/work", "/ops/work?what=calls", "/ops/cost", "/ops/cost?by=day&channel=sms-us",
    )  # fmt: skip


def rows(asks: FlaskClient) -> list[Row]:
    found = []
    for path in pages():
        taken, own = [], []
        for _ in range(ROUNDS):
            began, busy = time.perf_counter(), time.process_time()
            answer = asks.get(path)
            taken.append((time.perf_counter() - began) * 1000)
            own.append((time.process_time() - busy) * 1000)
            assert answer.status_code == 200, path
        figure = f"{percentile(taken, 50):.0f} / {percentile(taken, 95):.0f} ms"
        figure += f", own {percentile(own, 95):.0f} ms"
        found.append(Row(path, figure, f"p95 ≤ 300 ms ({len(answer.data) // 1024} KiB)"))
    return found


def fill(db: Database, number: int, each: int) -> None:
    """Unless it is; one that was half filled is filled up."""
    schema.migrate(db)
    there = db.read(lambda c: c.execute(select(func.count()).select_from(episodes)).scalar_one())
    if there > number:
        return
    generate(db, number, NOW, each, first=there)
    rig = Rig(db, at=NOW)
    rig.texts_in("I want to talk to a human please")
    rig.passes(5)
    for days, topic in enumerate(ARTICLES, 1):
        added = NOW.replace(day=days * 5)
        db.write(lambda c, t=topic, a=added: articles.add(c, t, a, "ana"))  # type: ignore[misc]
    if db.engine.dialect.name == "postgresql":
        alone = db.engine.execution_options(isolation_level="AUTOCOMMIT")
        with alone.connect() as connection:  # as where it has run for a while
            connection.execute(text("VACUUM ANALYZE"))


def measure(url: str, number: int, each: int) -> None:
    db = engine.connect(url)
    began = time.perf_counter()
    fill(db, number, each)
    taken = time.perf_counter() - began
    print(f"{db.engine.dialect.name}: {number:,} episodes, {number * each:,} messages "
          f"(filled in {taken:.0f} s); p50 / p95\n")  # fmt: skip
    print(show(rows(client(Rig(db, at=NOW)))))
    db.close()


def main() -> None:
    given = arguments().parse_args()
    log.set_up(level="error")
    if given.database:
        measure(given.database, given.episodes, given.each)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(f"sqlite:///{Path(folder)}/connector.db", given.episodes, given.each)


def arguments() -> argparse.ArgumentParser:
    shown = argparse.ArgumentParser(
        prog="python -m bench.dashboard",
        description="How long each page of the dashboard takes over so many generated episodes.",
        epilog="The goal is 300 ms at p95. 100,000 episodes take minutes to be written.",
    )
    shown.add_argument("episodes", type=positive, nargs="?", default=EPISODES,
                       help="how many conversations, one episode each [%(default)s]")  # fmt: skip
    shown.add_argument("each", type=positive, nargs="?", default=EACH,
                       help="messages of each [%(default)s]")  # fmt: skip
    shown.add_argument("--database", metavar="URL", default="",
                       help="filled once, then measured again and again; nothing else should use it "
                            "[SQLite in a folder of its own]")  # fmt: skip
    return shown


def positive(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    main()
