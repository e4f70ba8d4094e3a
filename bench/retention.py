"""The daily retention over many conversations, and how long a webhook waits beside it.

python -m bench.retention [CONVERSATIONS [MESSAGES EACH]]
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.table import Row, percentile, show
from connector import log
from connector.pipeline.reconcile import retention
from connector.storage import engine, schema
from connector.storage.engine import Database
from tests.pipeline.rig import Rig
from tests.reports.generated import generate

CONVERSATIONS, EACH = 20_000, 10
KEEP = timedelta(days=100)  # of 300
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def timed(db: Database) -> list[float]:
    """How long each of the duty's own pieces holds the writer, in milliseconds."""
    pieces: list[float] = []
    run = db.write

    def write(work: Callable[[Any], Any]) -> Any:
        def measured(connection: Any) -> Any:
            began = time.perf_counter()
            try:
                return work(connection)
            finally:
                if threading.current_thread() is threading.main_thread():
                    pieces.append((time.perf_counter() - began) * 1000)

        return run(measured)

    db.write = write  # type: ignore[method-assign]
    return pieces


def main() -> None:
    log.set_up(level="error")
    number = int(sys.argv[1]) if len(sys.argv) > 1 else CONVERSATIONS
    each = int(sys.argv[2]) if len(sys.argv) > 2 else EACH
    with tempfile.TemporaryDirectory() as folder:
        db = engine.connect(f"sqlite:///{Path(folder)}/connector.db")
        schema.migrate(db)
        generate(db, number, NOW, each)
        rig, over = Rig(db, at=NOW), threading.Event()
        waits: list[float] = []

        def customers() -> None:
            while not over.wait(0.02):
                began = time.perf_counter()
                rig.texts_in("Where is it?", customer=f"+1777{rig.texts:07}")
                waits.append((time.perf_counter() - began) * 1000)

        pieces = timed(db)
        beside = threading.Thread(target=customers)
        beside.start()
        began = time.perf_counter()
        retention.empty(rig.parts, KEEP, lambda: True)
        took = time.perf_counter() - began
        over.set()
        beside.join()
        db.close()
    print(f"{number:,} conversations with {each} messages each, two thirds of them too old\n")
    rows = [
        Row("all of it", f"{took:.1f} s", ""),
        Row("a piece holds the writer: p50, p99, most",
            f"{percentile(pieces, 50):.1f}, {percentile(pieces, 99):.1f}, {max(pieces):.1f} ms", ""),
        Row("a webhook is stored beside it: p50, p99",
            f"{percentile(waits, 50):.1f}, {percentile(waits, 99):.1f} ms", "p99 ≤ 50 ms"),
    ]  # fmt: skip
    print(show(rows))


if __name__ == "__main__":
    main()
