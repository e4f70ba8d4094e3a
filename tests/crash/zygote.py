"""A process that has everything imported and forks a connector on demand, ready in a tenth of a second.

One JSON line in asks for one connector, one JSON line out tells its process id once it listens, or
why it does not. Started cold, each would spend seconds on imports, and crashes are tried by hundreds.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import anthropic

import connector.bots.claude  # noqa: F401  read when a bot is made: here before the fork
from connector import bootstrap, http, log, phrases
from connector.bots import client
from connector.cli.serve import run_until_signal
from connector.domain.handoff.base import LANGUAGES
from connector.runners import local
from connector.settings import load
from connector.web.app import create_health
from connector.web.server import listen
from tests.crash import points


def main() -> None:
    # Like the imports: reading the lists takes a second, and no test changes them.
    phrases.load = cache(phrases.load)  # type: ignore[assignment]
    phrases.load(bootstrap.SHIPPED / "phrases", LANGUAGES)
    for line in sys.stdin:
        asked = json.loads(line)
        told = _reap(asked["wait"]) if "wait" in asked else _born(asked)
        print(json.dumps(told), flush=True)


def _born(asked: dict[str, Any]) -> dict[str, Any]:
    if threading.active_count() != 1:
        raise RuntimeError("a process with threads can't be forked in peace")
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ours)
        _run(asked, theirs)
    os.close(theirs)
    with os.fdopen(ours) as told:
        return {"pid": pid, "said": told.read()}


def _run(asked: dict[str, Any], told: int) -> None:
    """In the child; never returns."""
    sys.stdin.close()
    os.dup2(os.open(asked.get("log", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    code = 1
    try:
        log.set_up()
        points.install(asked.get("kill_at"), asked.get("points_file"))
        settings = load(Path(asked["config"]), asked["environ"])
        settle = timedelta(seconds=asked["settle_after"])
        # What a test makes due in the database is found by the next sweep.
        local.SWEEP_SECONDS = asked.get("sweep_seconds", local.SWEEP_SECONDS)
        if "patience" in asked:
            _lose_patience(asked["patience"])
        role = asked.get("role", "web")
        connector = bootstrap.build(settings, settle_after=settle, role=role)
        app = create_health(connector.web) if role == "worker" else connector.app
        listener = listen(app, "127.0.0.1", asked["port"])
        os.write(told, b"ready")
        os.close(told)
        run_until_signal(connector, listener)
        code = 0
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.write(told, f"{type(error).__name__}: {error}".encode())
    os._exit(code)


def _lose_patience(seconds: float) -> None:
    """A provider that is silent is given half a minute; a test of many silences has less time."""
    http.TOTAL_SECONDS = seconds
    send: Any = http.OutboundSession.send
    sooner: Any = lambda *of, **more: send(*of, **(more | {"timeout": (seconds, seconds)}))  # noqa: E731
    http.OutboundSession.send = sooner  # type: ignore[method-assign]
    client.limit = lambda patience: anthropic.Timeout(seconds)


def _reap(pid: int) -> dict[str, Any]:
    _, status = os.waitpid(pid, 0)
    return {"code": os.waitstatus_to_exitcode(status)}


if __name__ == "__main__":
    main()
    os._exit(0)  # taking all that was imported apart takes seconds
