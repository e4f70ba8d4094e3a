"""kill -9 at any moment, and start again: the connector as a process of its own, with the twins outside."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from connector.sandbox.stage import Stage
from tests.crash.process import Zygote
from tests.scenarios.world import PLEA, ROOT, World, free_port

pytestmark = pytest.mark.xdist_group("zygote")


def serve(stage: Stage, folder: Path, port: int) -> subprocess.Popen[str]:
    """`connector serve` as anybody starts it."""
    environ = os.environ | stage.environ(f"sqlite:///{folder}/connector.db")
    command = [sys.executable, "-m", "connector", "serve", "--port", str(port)]
    command += ["--config", str(ROOT / "config" / "sandbox.yaml")]
    return subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """It does not outlive the test."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_a05_killed_right_after_the_acknowledgement_the_message_is_still_answered(
    tmp_path: Path, zygote: Zygote
) -> None:
    port, database = free_port(), f"sqlite:///{tmp_path}/connector.db"
    with Stage(f"http://127.0.0.1:{port}") as stage:
        w = World(stage, stage.connector)
        first = zygote.start(stage, database, port)
        w.says("Where is my parcel?")
        first.kill()
        assert w.phone() == []
        with zygote.running(stage, database, port):
            w.hears(1)
            w.rests()
        assert len(w.phone()) == 1


@pytest.mark.parametrize("moment", ["model", "ticket", "comment", "send"])
def test_killed_in_the_middle_of_a_call_nothing_is_lost_or_doubled(
    tmp_path: Path, zygote: Zygote, moment: str
) -> None:
    """The twin keeps the call in flight until the process is gone; some had taken effect."""
    port, database = free_port(), f"sqlite:///{tmp_path}/connector.db"
    with Stage(f"http://127.0.0.1:{port}") as stage:
        w = World(stage, stage.connector)
        first = zygote.start(stage, database, port)
        w.says("Where is my parcel?")
        w.hears(1)
        w.rests()
        held = w.holds(moment)
        w.says("And how do I return something?" if moment in ("model", "send") else PLEA)
        w.until(held, f"the call to the {moment}")
        first.kill()
        stage.anthropic.release()
        with zygote.running(stage, database, port):
            if moment in ("ticket", "comment"):
                ticket = w.ticket()
                w.hears(2)
                w.says("My order is 4711")
                assert w.public(ticket, 1) == ["My order is 4711"]
                w.rests()
                html = w.html(ticket)
                assert html.count("Transcript") == 1
                assert len(stage.zendesk.tickets()) == 1
            w.hears(2)
            w.rests()
            assert len(w.phone()) == 2


def test_sigterm_drains_a_second_process_and_a_port_in_use_are_refused(tmp_path: Path) -> None:
    port = free_port()
    with Stage(f"http://127.0.0.1:{port}") as stage, ended(serve(stage, tmp_path, port)) as first:
        assert first.stdout is not None
        assert "listening" in first.stdout.readline()
        assert requests.get(f"{stage.connector}/readyz", timeout=5).json()["status"] == "ready"
        elsewhere = tmp_path / "elsewhere"
        with (
            ended(serve(stage, tmp_path, free_port())) as second,
            ended(serve(stage, elsewhere, port)) as third,
        ):
            (out, line), (other_out, other_line) = second.communicate(), third.communicate()
        assert (second.returncode, out) == (1, "")
        assert f"process {first.pid}" in line
        assert len(line.splitlines()) == 1
        assert (third.returncode, other_out) == (1, "")
        assert other_line == (
            f"connector: port {port} on 127.0.0.1 is in use by another program; "
            "choose one with --port\n"
        )
        first.send_signal(signal.SIGTERM)
        assert first.wait(15) == 0
        rows = sqlite3.connect(tmp_path / "connector.db")
        assert rows.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows.close()
