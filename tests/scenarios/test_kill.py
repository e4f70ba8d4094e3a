"""kill -9 at any moment, and start again: the connector as a process of its own, with the twins outside."""

from __future__ import annotations

import json
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
from tests.scenarios.world import PLEA, ROOT, World, free_port


@contextmanager
def process(stage: Stage, folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """`connector serve`, up and ready; killed in the end if it still runs."""
    environ = os.environ | stage.environ(f"sqlite:///{folder}/connector.db")
    command = [sys.executable, "-m", "connector", "serve", "--port", str(port)]
    command += ["--config", str(ROOT / "config" / "sandbox.yaml")]
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        assert running.stdout is not None
        assert "listening" in running.stdout.readline()
        yield running
        if running.poll() is None:
            running.kill()


def test_a05_killed_right_after_the_acknowledgement_the_message_is_still_answered(
    tmp_path: Path,
) -> None:
    port = free_port()
    with Stage(f"http://127.0.0.1:{port}") as stage:
        w = World(stage, stage.connector)
        with process(stage, tmp_path, port) as first:
            w.says("Where is my parcel?")
            first.send_signal(signal.SIGKILL)
            first.wait(5)
        assert w.phone() == []
        with process(stage, tmp_path, port):
            w.hears(1)
            w.rests()
        assert len(w.phone()) == 1


@pytest.mark.parametrize("moment", ["model", "ticket", "comment", "send"])
def test_killed_in_the_middle_of_a_call_nothing_is_lost_or_doubled(
    tmp_path: Path, moment: str
) -> None:
    """The twin keeps the call in flight until the process is gone; some had taken effect."""
    port = free_port()
    with Stage(f"http://127.0.0.1:{port}") as stage:
        w = World(stage, stage.connector)
        with process(stage, tmp_path, port) as first:
            w.says("Where is my parcel?")
            w.hears(1)
            w.rests()
            held = w.holds(moment)
            w.says("And how do I return something?" if moment in ("model", "send") else PLEA)
            w.until(held, f"the call to the {moment}")
            first.send_signal(signal.SIGKILL)
            first.wait(5)
        stage.anthropic.release()
        with process(stage, tmp_path, port):
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


def test_sigterm_drains_and_a_second_process_is_refused(tmp_path: Path) -> None:
    port = free_port()
    with Stage(f"http://127.0.0.1:{port}") as stage:
        with process(stage, tmp_path, port) as first:
            assert requests.get(f"{stage.connector}/readyz", timeout=5).json()["status"] == "ready"
            environ = os.environ | stage.environ(f"sqlite:///{tmp_path}/connector.db")
            command = [sys.executable, "-m", "connector", "serve", "--port", str(free_port())]
            command += ["--config", str(ROOT / "config" / "sandbox.yaml")]
            second = subprocess.run(
                command, env=environ, capture_output=True, text=True, timeout=20, check=False
            )
            assert second.returncode == 1
            (line,) = second.stderr.splitlines()
            assert f"process {first.pid}" in line
            first.send_signal(signal.SIGTERM)
            assert first.wait(15) == 0
        rows = sqlite3.connect(tmp_path / "connector.db")
        assert rows.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows.close()


def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path) -> None:
    port = free_port()
    with Stage(f"http://127.0.0.1:{port}") as stage:
        environ = os.environ | stage.environ(f"sqlite:///{tmp_path}/connector.db")
        taken = stage.twilio.url.rpartition(":")[2]
        command = [sys.executable, "-m", "connector", "serve", "--port", taken]
        command += ["--config", str(ROOT / "config" / "sandbox.yaml")]
        refused = subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=20, check=False
        )
    assert refused.returncode == 1
    assert refused.stderr == (
        f"connector: port {taken} on 127.0.0.1 is in use by another program; "
        "choose one with --port\n"
    )
    assert json.dumps(refused.stdout) == '""'
