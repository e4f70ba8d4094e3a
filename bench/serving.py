"""The connector as it runs in production, beside twins on loopback: speed and size.

Figures of one machine on one day: compare them with others of the same run only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import requests

from bench.table import Row, percentile
from connector.sandbox.stage import Stage

ROOT = Path(__file__).parents[1]
PORT = 8765
REPLY = {
    "reply": "It is on its way.", "decision": "answer", "trigger": "none", "reason": "",
    "quote": "", "language": "en", "offers_person": False,
}  # fmt: skip
LIGHT, RATE, SECONDS = 100, 50, 20
IDLE_SECONDS = 10


@contextmanager
def serving(stage: Stage, folder: Path) -> Iterator[tuple[psutil.Process, float]]:
    """`connector serve` with no quiet period; the process, and its seconds until ready."""
    text = (ROOT / "config" / "sandbox.yaml").read_text()
    config = ROOT / "config" / ".bench.yaml"
    config.write_text(text.replace("quiet_period: 1.5s", "quiet_period: 0s"))
    environ = os.environ | stage.environ(f"sqlite:///{folder}/connector.db")
    command = [sys.executable, "-m", "connector", "serve", "--port", str(PORT)]
    began = time.perf_counter()
    with subprocess.Popen(
        [*command, "--config", str(config)], env=environ, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    ) as running:  # fmt: skip
        try:
            assert running.stdout is not None
            running.stdout.readline()
            requests.get(f"http://127.0.0.1:{PORT}/readyz", timeout=5).raise_for_status()
            yield psutil.Process(running.pid), time.perf_counter() - began
        finally:
            running.terminate()
            running.wait(20)
            config.unlink()


def idle(process: psutil.Process) -> list[Row]:
    time.sleep(2)  # what starting left to do
    before = process.cpu_times()
    time.sleep(IDLE_SECONDS)
    after = process.cpu_times()
    used = (after.user - before.user + after.system - before.system) / IDLE_SECONDS
    memory = process.memory_info().rss / 1024 / 1024
    return [
        Row("idle memory (RSS)", f"{memory:.0f} MB", "≤ 150 MB"),
        Row("idle CPU, of one core", f"{used:.2%}", "≤ 1 %"),
    ]


def overhead(stage: Stage) -> list[Row]:
    """One message at a time: webhook to outbound call, less the time that the model had it."""
    spent = []
    for number in range(LIGHT):
        asked: list[datetime] = []

        def think(_: dict[str, Any], asked: list[datetime] = asked) -> dict[str, Any]:
            asked.append(datetime.now(UTC))
            return REPLY

        stage.anthropic.script(think)
        stage.twilio.requests.clear()
        stage.anthropic.requests.clear()
        began = datetime.now(UTC)
        stage.twilio.customer_says("Where is my parcel?", from_=f"+1202555{number:04}")
        if not stage.until(lambda: bool(stage.twilio.requests), 10):
            raise RuntimeError("no answer came")
        sent = stage.twilio.requests[0].at
        answered = stage.anthropic.requests[0].at
        spent.append((asked[0] - began + (sent - answered)).total_seconds() * 1000)
    return [
        Row("own overhead, p50", f"{percentile(spent, 50):.1f} ms", "≤ 15 ms"),
        Row("own overhead, p99", f"{percentile(spent, 99):.1f} ms", ""),
    ]


def acknowledgement(stage: Stage) -> list[Row]:
    """An even load from another process, while every message is answered."""
    stage.anthropic.faults.clear()
    for _ in range(RATE * SECONDS):
        stage.anthropic.script(REPLY)
    told = {
        "url": stage.connector,
        "rate": RATE,
        "seconds": SECONDS,
        "account": stage.twilio.account_sid,
        "token": stage.twilio.auth_token,
        "number": stage.twilio.number,
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=json.dumps(told), capture_output=True,
        text=True, check=True, cwd=ROOT, timeout=SECONDS * 5,
    )  # fmt: skip
    found = json.loads(done.stdout)
    waits = [w * 1000 for w in found["waits"]]
    if not stage.until(lambda: _answered(stage) >= RATE * SECONDS, 60):
        raise RuntimeError("not every message was answered")
    return [
        Row(f"ack at {RATE}/s, p50", f"{percentile(waits, 50):.1f} ms", ""),
        Row(f"ack at {RATE}/s, p99", f"{percentile(waits, 99):.1f} ms", "≤ 50 ms"),
        Row("not acknowledged", str(found["refused"]), "0"),
    ]


def _answered(stage: Stage) -> int:
    return sum(
        m.direction == "outbound-api" and m.to.startswith("+1303") for m in stage.twilio.messages()
    )


def rows() -> list[Row]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Stage(f"http://127.0.0.1:{PORT}") as stage,
        serving(stage, Path(folder)) as (process, started),
    ):
        found = [Row("from start to ready", f"{started:.1f} s", "≤ 5 s"), *idle(process)]
        found += [*overhead(stage), *acknowledgement(stage)]
        memory = process.memory_info().rss / 1024 / 1024
        return [*found, Row("memory after that", f"{memory:.0f} MB", "≤ 300 MB")]
