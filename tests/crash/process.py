"""Connectors as processes of their own, that can be killed like any."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil

from connector.sandbox.stage import Stage

ROOT = Path(__file__).parents[2]
SANDBOX = ROOT / "config" / "sandbox.yaml"


@dataclass(frozen=True)
class Process:
    pid: int
    _zygote: Zygote

    def kill(self) -> None:
        """Also when it was waited for already."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.wait()

    def strike(self) -> None:
        """kill -9 from any thread; it is gone when this returns, and not yet waited for."""
        os.kill(self.pid, signal.SIGKILL)
        while not self.gone():
            os.sched_yield()

    def gone(self) -> bool:
        """Whether it has ended, by whatever."""
        try:
            return psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    def terminate(self) -> int:
        os.kill(self.pid, signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Its exit code, negative if a signal ended it."""
        return int(self._zygote.ask({"wait": self.pid})["code"])


class Zygote:
    """`with Zygote() as zygote:` imports once; each connector then is a fork."""

    def __enter__(self) -> Self:
        self._turn = threading.Lock()
        self._running = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self._running.communicate(timeout=10)

    def ask(self, what: dict[str, Any]) -> dict[str, Any]:
        """Safe from any thread, one at a time."""
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        with self._turn:
            self._running.stdin.write(json.dumps(what) + "\n")
            self._running.stdin.flush()
            told: dict[str, Any] = json.loads(self._running.stdout.readline())
        return told

    def start(
        self, stage: Stage, database: str, port: int, config: Path = SANDBOX, **more: Any
    ) -> Process:
        """A connector that listens on `port`. Raise RuntimeError if it can't."""
        asked = {
            "environ": stage.environ(database) | more.pop("environ", {}),
            "config": str(config),
            "port": port,
            "settle_after": 1,
        }
        told = self.ask(asked | more)
        process = Process(told["pid"], self)
        if told["said"] != "ready":
            process.wait()
            raise RuntimeError(told["said"] or "it died before it was ready")
        return process

    @contextmanager
    def running(
        self, stage: Stage, database: str, port: int, config: Path = SANDBOX, **more: Any
    ) -> Iterator[Process]:
        """The same, and killed in the end whatever happens."""
        process = self.start(stage, database, port, config, **more)
        try:
            yield process
        finally:
            process.kill()
