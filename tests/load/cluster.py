"""A PostgreSQL server of one's own, to be stopped and started: never the one that others use."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.scenarios.world import free_port


class NoServer(Exception):
    """PostgreSQL's programs are not on this machine, or nobody may run them here."""


def programs() -> Path:
    """The folder of initdb and pg_ctl, the newest version's. Raise NoServer."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=_version)
    here = shutil.which("pg_ctl")
    if not found and here is None:
        raise NoServer("no pg_ctl on this machine")
    return found[-1].parent if found else Path(str(here)).parent


def _version(pg_ctl: Path) -> float:
    return float(pg_ctl.parts[-3])


def _owner() -> dict[str, Any]:
    """PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return {}
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        raise NoServer("run by root, and there is no account called postgres") from None
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@dataclass(frozen=True)
class Cluster:
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str) -> None:
        command = [str(programs() / program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, **_owner())

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        self.run("pg_ctl", "start", "-w", "-l", str(self.folder / "log"), "-o", options)

    def restart(self, how: str) -> None:
        """`fast` ends every connection; `immediate` is a crash, recovered from the log."""
        self.run("pg_ctl", "restart", "-w", "-m", how, "-l", str(self.folder / "log"))


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Running, empty, durable as in production. Raise NoServer."""
    programs()
    with tempfile.TemporaryDirectory() as name:
        made = Cluster(Path(name), free_port())
        owner = _owner()
        if owner:
            os.chown(made.folder, owner["user"], owner["group"])
        made.run("initdb", "-U", "postgres", "--auth=trust", "-E", "UTF8")
        made.start()
        try:
            yield made
        finally:
            made.run("pg_ctl", "stop", "-w", "-m", "immediate")
