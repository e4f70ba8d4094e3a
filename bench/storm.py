"""Webhooks by the thousand against one connector: what is stored, what is refused, how fast.

tests/load runs these, in short and with TEST_LONG=1 (`make bench-long`) with the full numbers; only
counts are judged there.
"""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench import load
from bench.table import percentile
from connector.sandbox.stage import Stage
from tests.crash.process import ROOT, Process, Zygote
from tests.scenarios.world import free_port

WARM = 1000
MINUTES = 30.0


@dataclass(frozen=True)
class Heard:
    """What a process of clients came back with."""

    seconds: float
    waits: list[float]
    acked: list[int]
    statuses: dict[int, int]
    broken: int

    @property
    def failures(self) -> int:
        return sum(number for status, number in self.statuses.items() if status >= 500)

    def p99(self) -> float:
        return percentile(self.waits, 99) * 1000


@dataclass(frozen=True)
class Server:
    """One connector beside the twins, on SQLite."""

    stage: Stage
    file: Path
    process: Process

    def clients(self, kind: str, **asked: Any) -> subprocess.Popen[str]:
        """Started and ready to send."""
        told = load.told(self.stage) | {"kind": kind, "seed": 1} | asked
        told["signing"] = self.stage.environ("")["SANDBOX_ZENDESK_WEBHOOK_SECRET"]
        running = subprocess.Popen(
            [sys.executable, "-m", "bench.client"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(json.dumps(told))
        running.stdin.close()
        running.stdout.readline()
        return running

    def ask(self, kind: str, **asked: Any) -> Heard:
        return heard(self.clients(kind, **asked))

    def count(self, statement: str) -> int:
        database = sqlite3.connect(self.file, timeout=30)
        try:
            return int(database.execute(statement).fetchone()[0])
        finally:
            database.close()

    def stored(self) -> set[int]:
        """The numbers of all messages in the inbox."""
        database = sqlite3.connect(self.file, timeout=30)
        try:
            kept = "SELECT external_id FROM inbox WHERE kind = 'CustomerMessaged'"
            return {int(name[2:], 16) for (name,) in database.execute(kept)}
        finally:
            database.close()

    def memory(self) -> float:
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1024 / 1024

    def digested(self) -> None:
        """Wait until every event is handled."""
        until = time.monotonic() + MINUTES * 60
        while self.count("SELECT count(*) FROM inbox WHERE handled_at IS NULL"):
            if time.monotonic() > until:
                raise RuntimeError("events are still waiting")
            time.sleep(0.2)


def heard(running: subprocess.Popen[str]) -> Heard:
    assert running.stdout is not None
    with running:
        told = json.loads(running.stdout.read())
    told["statuses"] = {int(status): number for status, number in told["statuses"].items()}
    return Heard(**told)


@contextmanager
def server(zygote: Zygote, folder: Path) -> Iterator[Server]:
    port, file = free_port(), folder / "connector.db"
    with (
        Stage(f"http://127.0.0.1:{port}") as stage,
        zygote.running(stage, f"sqlite:///{file}", port) as process,
    ):
        yield Server(stage, file, process)


def burst(on: Server, count: int) -> tuple[Heard, set[int]]:
    """As fast as sixteen connections can; and the acknowledged messages that are not stored."""
    found = on.ask("messages", count=count)
    return found, set(found.acked) - on.stored()


def steady(on: Server, rate: int, seconds: int) -> list[float]:
    """Seconds that each of `rate` webhooks a second waited for its acknowledgement."""
    told = load.told(on.stage) | {"rate": rate, "seconds": seconds}
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=json.dumps(told), capture_output=True,
        text=True, check=True, cwd=ROOT, timeout=seconds * 5 + 30,
    )  # fmt: skip
    waits: list[float] = json.loads(done.stdout)["waits"]
    return waits


@dataclass(frozen=True)
class Disorder:
    heard: Heard
    distinct: int
    stored: int
    effects: int  # messages in conversations


def disorder(on: Server, count: int, customers: int) -> Disorder:
    found = on.ask("disorder", count=count, customers=customers)
    on.digested()
    effects = on.count("SELECT count(*) FROM messages WHERE author = 'customer'")
    return Disorder(found, count, len(on.stored()), effects)


def forged(on: Server, count: int) -> tuple[Heard, int]:
    """`count` for the channel and as many for the helpdesk; and the rows that they left."""
    found = on.ask("forged", count=count)
    rows = sum(on.count(f"SELECT count(*) FROM {t}") for t in ("inbox", "conversations"))
    return found, rows


def malformed(on: Server, count: int) -> tuple[Heard, Heard, float]:
    """Requests, bytes that are no HTTP (a tenth as many), and the growth of memory in MB."""
    on.ask("malformed", count=WARM, seed=random.Random(count).randrange(10**6))
    before = on.memory()
    found = on.ask("malformed", count=count)
    noise = on.ask("noise", count=count // 10)
    return found, noise, on.memory() - before


def slow(on: Server) -> Heard:
    return on.ask("slow")


def stopped(on: Server, count: int, after: int) -> tuple[set[int], float, int]:
    """SIGTERM under load: what was acknowledged and not stored, the seconds to the end, the acks."""
    clients = on.clients("messages", count=count)
    while on.count("SELECT count(*) FROM inbox") < after:
        time.sleep(0.01)
    began = time.monotonic()
    on.process.terminate()
    seconds = time.monotonic() - began
    found = heard(clients)
    return set(found.acked) - on.stored(), seconds, len(found.acked)
