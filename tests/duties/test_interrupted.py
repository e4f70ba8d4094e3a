"""Ctrl-C in the middle of each command that takes long does no harm, on both databases.

A real SIGINT to a real process, at a place in its middle; on a terminal, where it says how far it is.
"""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psutil
import pytest
from click.testing import CliRunner, Result

from connector import bootstrap
from connector.cli.commands import main
from connector.storage.engine import Database, ServerDatabase
from tests.duties.given import WHO, everything, found, in_files, one_episode
from tests.pipeline.rig import Rig

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config" / "sandbox.yaml"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--config", str(CONFIG)])


@pytest.fixture
def rig(db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setenv("SANDBOX_DATABASE", database_url)
    rig = Rig(db, at=bootstrap.now())
    one_episode(rig)
    return rig


# Starts once and forks for each command, with a stop in its middle where it is sent SIGINT.
PARENT = """
import json, os, signal, sys, time
from connector.cli import backup as _, export as _, forget as _, whatif as _
from connector.cli.commands import main
from connector.reports import everything
from connector.storage import backup, forgetting, past, wipe

signal.signal(signal.SIGINT, signal.default_int_handler)  # shells give it to jobs as ignored

def stop(*_, **__):
    print(json.dumps({"pid": os.getpid()}), flush=True)
    while True: time.sleep(0.02)

PLACES = {"forget": (forgetting, "_rename"), "wiping": (wipe, "_emptied"), "backup": (backup, "verify"),
          "export": (everything, "_conversation"), "whatif": (past, "_messages")}
for line in sys.stdin:
    place, *words = json.loads(line)
    if pid := os.fork():
        print(json.dumps({"code": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}), flush=True)
        continue
    if place == "pg_dump":  # which stops by itself
        print(json.dumps({"pid": os.getpid()}), flush=True)
    else:
        setattr(*PLACES[place], stop)
    main(words)
"""


class Parent:
    def __init__(self) -> None:
        self._screen, theirs = pty.openpty()
        self._own = subprocess.Popen(
            [sys.executable, "-c", PARENT], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=theirs, text=True,
        )  # fmt: skip
        os.close(theirs)

    def interrupts(
        self, place: str, *words: str, there: Callable[[], bool] = lambda: True
    ) -> tuple[int, str]:
        """The command's exit code, and what stood on the terminal. `there`: it is in its middle."""
        given, told = self._own.stdin, self._own.stdout
        assert given is not None
        assert told is not None
        given.write(json.dumps([place, *words, "--config", str(CONFIG)]) + "\n")
        given.flush()
        pid = self._until(told, "pid")
        end = time.monotonic() + 60
        while not there():
            assert time.monotonic() < end
            time.sleep(0.01)
        os.kill(pid, signal.SIGINT)
        if place == "forget":
            # What must not be cut in two is not: here it hangs for good, so that it has to be killed.
            assert not select.select([told], [], [], 0.3)[0]
            os.kill(pid, signal.SIGKILL)
        return self._until(told, "code"), os.read(self._screen, 100_000).decode()

    def _until(self, told: IO[str], wanted: str) -> int:
        """What the command itself prints stands in between."""
        for line in told:
            if line.startswith(f'{{"{wanted}": '):
                return int(json.loads(line)[wanted])
        raise AssertionError(f"it is gone: {os.read(self._screen, 100_000)!r}")

    def close(self) -> None:
        self._own.communicate()
        os.close(self._screen)


# A dump that has begun and does not end: what is in FILE then is half of it.
STUCK = """#!/bin/sh
for word; do file="$word"; done
echo half > "$file"
echo $$ > "$STUCK_PID"
exec sleep 60
"""


@pytest.fixture
def parent(rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parent]:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "pg_dump").write_text(STUCK)
    (folder / "pg_dump").chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("STUCK_PID", str(tmp_path / "bin" / "pid"))
    made = Parent()
    yield made
    made.close()


@pytest.mark.parametrize("command", ["export", "backup", "whatif"])
def test_ctrl_c_leaves_everything_as_it_was(
    rig: Rig, tmp_path: Path, parent: Parent, command: str
) -> None:
    before, folder = everything(rig.db), tmp_path / "out"
    folder.mkdir()
    file, dump = folder / "file", tmp_path / "bin" / "pid"
    words = {
        "export": ["export", WHO, "--output", str(file)],
        "backup": ["backup", str(file)],
        "whatif": ["whatif", str(CONFIG)],
    }[command]
    dumps = command == "backup" and isinstance(rig.db, ServerDatabase)
    code, told = parent.interrupts(
        "pg_dump" if dumps else command, *words, there=dump.exists if dumps else lambda: True
    )
    assert code == 130, told
    assert "connector: interrupted; n" in told  # nothing was ..., no backup was ...
    assert command != "backup" or " ..." in told  # it had said how far it is
    assert "Traceback" not in told
    assert list(folder.iterdir()) == []
    assert everything(rig.db) == before
    if dumps:
        _ends(int(dump.read_text()))


def _ends(pid: int) -> None:
    """It was killed, and whoever inherits it reaps it when they get to it: until then it is a zombie."""
    end = time.monotonic() + 10
    while True:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return
        except psutil.NoSuchProcess:
            return
        assert time.monotonic() < end, f"{pid} goes on"
        time.sleep(0.01)


def test_ctrl_c_never_cuts_a_forgetting_in_two(rig: Rig, parent: Parent) -> None:
    before = everything(rig.db)
    # In the middle of its one transaction it waits; killed there, nothing has happened.
    code, _ = parent.interrupts("forget", "forget", WHO, "--yes")
    assert code == -signal.SIGKILL
    assert everything(rig.db) == before
    assert run("forget", WHO, "--yes").exit_code == 0
    assert found(everything(rig.db)) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_ctrl_c_between_a_forgetting_and_its_files(
    rig: Rig, tmp_path: Path, parent: Parent
) -> None:
    """Between the transaction and the file's log: it says so, and the next run does the rest."""
    code, told = parent.interrupts("wiping", "forget", WHO, "--yes")
    assert code == 130
    assert "the customer is forgotten, but the database's log may still hold" in told
    assert "emptying its log ..." in told
    assert found(everything(rig.db)) == []
    assert run("forget", WHO).output.startswith("Nothing is kept")
    assert in_files(tmp_path) == []
