"""The connector as it runs in production, beside twins on loopback: speed and size.

Figures of one machine on one day: compare them with others of the same run only.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

from bench import load, mirror
from bench.table import Row, percentile
from connector.sandbox.stage import Stage

ROOT = Path(__file__).parents[1]
PORT = 8765
REPLY = {
    "reply": "It is on its way.", "decision": "answer", "trigger": "none", "reason": "",
    "quote": "", "language": "en", "offers_person": False,
}  # fmt: skip
WARM, LIGHT, RATE, SECONDS = 10, 100, 20, 20
IDLE_SECONDS = 10


@contextmanager
def serving(stage: Stage, folder: Path) -> Iterator[tuple[psutil.Process, float]]:
    """`connector serve` with no quiet period; the process, and its seconds until ready."""
    text = (ROOT / "config" / "sandbox.yaml").read_text()
    config = ROOT / "config" / ".bench.yaml"
    config.write_text(text.replace("quiet_period: 1.5s", "quiet_period: 0s"))
    environ = os.environ | stage.environ(f"sqlite:///{folder}/connector.db")
    command = [sys.executable, "-m", "bench.production", "serve", "--port", str(PORT)]
    began = time.perf_counter()
    with subprocess.Popen(
        [*command, "--config", str(config)], env=environ, cwd=ROOT, stdout=subprocess.PIPE,
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
    """One message at a time: from the webhook's sending to the call to Twilio, less the time that
    the model had it. What the SDKs of the providers need is in it."""
    spent = []
    line = http.client.HTTPConnection("127.0.0.1", PORT)
    for number in range(-WARM, LIGHT):
        stage.anthropic.script(REPLY)
        stage.twilio.requests.clear()
        stage.anthropic.requests.clear()
        webhook = load.signed(load.told(stage), 10**6 + number, f"+1202{5550100 + number}")
        began = time.time()
        line.request("POST", webhook.path_url, webhook.body, dict(webhook.headers))
        answer = line.getresponse()
        if answer.status != 200 or not answer.read():
            raise RuntimeError(f"the webhook was answered with {answer.status}")
        if not stage.until(lambda: bool(stage.twilio.requests), 10):
            raise RuntimeError("no answer came")
        model = stage.anthropic.requests[0]
        own = (model.arrived - began) + (stage.twilio.requests[0].arrived - model.answered)
        if number >= 0:  # the first ones make connections and fill caches
            spent.append(own * 1000)
        stage.twilio.courier.idle()
        time.sleep(0.05)  # what the last receipts led to: the next message shall come alone
    return [
        Row("own overhead, p50", f"{percentile(spent, 50):.1f} ms", "≤ 15 ms"),
        Row("own overhead, p99", f"{percentile(spent, 99):.1f} ms", ""),
    ]


def acknowledgement(stage: Stage) -> list[Row]:
    """An even load from another process, while every message is answered."""
    stage.twilio.requests.clear()
    stage.anthropic.requests.clear()
    for _ in range(RATE * SECONDS):
        stage.anthropic.script(REPLY)
    told = load.told(stage) | {"rate": RATE, "seconds": SECONDS}
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=json.dumps(told), capture_output=True,
        text=True, check=True, cwd=ROOT, timeout=SECONDS * 5,
    )  # fmt: skip
    found = json.loads(done.stdout)
    waits = [w * 1000 for w in found["waits"]]
    if not stage.until(lambda: _answered(stage) >= RATE * SECONDS, 60):
        raise RuntimeError("not every message was answered")
    return [
        Row(f"ack at {RATE} messages/s, p50", f"{percentile(waits, 50):.1f} ms", ""),
        Row(f"ack at {RATE} messages/s, p99", f"{percentile(waits, 99):.1f} ms", "≤ 50 ms"),
        Row("not acknowledged", str(found["refused"]), "0"),
        *_under_load(stage, found["sent_at"]),
    ]


def _under_load(stage: Stage, sent_at: list[float]) -> list[Row]:
    """The same overhead while the others are on their way too."""
    model = {
        _number(r.body, r"n(\d+)\."): (r.arrived, r.answered) for r in stage.anthropic.requests
    }
    sends = {_number(r.body, r"To=%2B1303(\d+)"): r.arrived for r in stage.twilio.requests}
    own = [1000 * ((model[n][0] - at) + (sends[n] - model[n][1])) for n, at in enumerate(sent_at)]
    return [
        Row(f"own overhead at {RATE} messages/s, p50", f"{percentile(own, 50):.1f} ms", "≤ 15 ms"),
        Row(f"own overhead at {RATE} messages/s, p99", f"{percentile(own, 99):.1f} ms", "≤ 100 ms"),
    ]


def _number(text: str, pattern: str) -> int:
    found = re.search(pattern, text)
    return int(found.group(1)) if found else -1


@contextmanager
def most_memory(process: psutil.Process) -> Iterator[list[int]]:
    """The memory, looked at ten times a second."""
    seen, over = [process.memory_info().rss], threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            seen.append(process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


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
        found += overhead(stage)
        found += mirror.rows(stage)
        with most_memory(process) as seen:
            found += acknowledgement(stage)
        most = max(seen) / 1024 / 1024
        return [*found, Row(f"most memory at {RATE} messages/s", f"{most:.0f} MB", "≤ 300 MB")]
