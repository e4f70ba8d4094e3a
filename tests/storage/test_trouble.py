"""RELIABILITY target 10: a full disk, a file that may not grow, a locked database, a server that hangs up.

Never an acknowledgement of what is not stored; it heals within 10 s; the database stays whole.
"""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from bench import load
from connector import bootstrap
from connector.sandbox.stage import Stage
from connector.settings import load as load_settings
from connector.storage.engine import Database
from tests.crash.process import SANDBOX, Zygote
from tests.crash.runs import Where, run
from tests.scenarios.world import free_port, serving

HEALED_WITHIN = 10.0
MOST = 5000

LOCKER = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


class Intake:
    """Posts webhooks, each of a new id, and remembers which were acknowledged."""

    def __init__(self, stage: Stage) -> None:
        self.acked: set[str] = set()
        self.answers: list[requests.Response] = []
        self._told = load.told(stage)
        self._session = requests.Session()

    def post(self) -> requests.Response:
        number = len(self.answers)
        webhook = load.signed(self._told, number, f"+1303{number:07}")
        answer = self._session.send(webhook, timeout=30)
        self.answers.append(answer)
        if answer.status_code == 200:
            self.acked.add(f"SM{number:032x}")
        return answer

    def until(self, status: int) -> float:
        """Post until this is the answer; how many seconds that took."""
        began = time.monotonic()
        for _ in range(MOST):
            if self.post().status_code == status:
                return time.monotonic() - began
        raise AssertionError(f"never answered with {status}")

    def refused_politely(self) -> None:
        """Whatever was not stored was to be sent again: Zendesk does so below 60 s."""
        refused = [a for a in self.answers if a.status_code != 200]
        assert refused
        assert {a.status_code for a in refused} == {503}
        assert all(int(a.headers["Retry-After"]) < 60 for a in refused)

    def all_stored_in(self, file: Path) -> None:
        with sqlite3.connect(file) as database:
            stored = {i for (i,) in database.execute("SELECT external_id FROM inbox")}
            assert self.acked <= stored
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()


@contextmanager
def here(stage: Stage, folder: Path, port: int) -> Iterator[Database]:
    """A connector in this process, and its database."""
    environ = stage.environ(f"sqlite:///{folder}/connector.db")
    connector = bootstrap.build(load_settings(SANDBOX, environ))
    with serving(connector, port):
        yield connector.db


def pages(more: int) -> Callable[[Connection], None]:
    def limit(connection: Connection) -> None:
        now = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={now + more}")

    return limit


def test_on_a_full_disk_nothing_is_acknowledged_that_is_not_stored(tmp_path: Path) -> None:
    port = free_port()
    with Stage(f"http://127.0.0.1:{port}") as stage, here(stage, tmp_path, port) as db:
        intake = Intake(stage)
        intake.until(200)
        db.write(pages(2))
        intake.until(503)
        for _ in range(20):
            intake.post()
        db.write(pages(100_000))
        assert intake.until(200) <= HEALED_WITHIN
    intake.refused_politely()
    intake.all_stored_in(tmp_path / "connector.db")


@pytest.mark.xdist_group("trouble")
def test_a_file_that_may_not_grow_is_no_acknowledgement_either(
    tmp_path: Path, zygote: Zygote
) -> None:
    """RLIMIT_FSIZE: the system refuses to write, in the database's file and in its log."""
    port, file = free_port(), tmp_path / "connector.db"
    with Stage(f"http://127.0.0.1:{port}") as stage:
        with zygote.running(stage, f"sqlite:///{file}", port) as process:
            intake = Intake(stage)
            intake.until(200)
            size = max(f.stat().st_size for f in tmp_path.glob("connector.db*"))
            before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size + 65536, before[1]))
            intake.until(503)
            for _ in range(20):
                intake.post()
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)
            assert intake.until(200) <= HEALED_WITHIN
        intake.refused_politely()
        intake.all_stored_in(file)
        with zygote.running(stage, f"sqlite:///{file}", port):
            assert intake.post().status_code == 200


@pytest.mark.xdist_group("trouble")
def test_a_database_that_another_process_has_locked(tmp_path: Path, zygote: Zygote) -> None:
    port, file = free_port(), tmp_path / "connector.db"
    with (
        Stage(f"http://127.0.0.1:{port}") as stage,
        zygote.running(stage, f"sqlite:///{file}", port),
    ):
        intake = Intake(stage)
        intake.until(200)
        with subprocess.Popen(
            [sys.executable, "-c", LOCKER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as locker:
            assert locker.stdout is not None
            assert locker.stdout.readline() == b"locked\n"
            assert intake.post().status_code == 503
            locker.communicate()
        assert intake.until(200) <= HEALED_WITHIN
        assert requests.get(f"{stage.connector}/readyz", timeout=5).status_code == 200
        intake.refused_politely()
    intake.all_stored_in(file)


@pytest.mark.postgres
@pytest.mark.xdist_group("trouble")
def test_a_server_that_hangs_up_again_and_again(
    tmp_path: Path, zygote: Zygote, postgres: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in a restart or a failover: every connection of ours is ended every half second."""
    name = f"hung_up_on_{free_port()}"
    url = make_url(postgres).update_query_dict({"application_name": name})
    ended: list[int] = []

    @contextmanager
    def hanging_up(stage: Stage) -> Iterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=_hang_up, args=(stage, postgres, name, over, ended))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    where = Where(zygote, tmp_path, url.render_as_string(hide_password=False))
    result = run(where, trouble=hanging_up)
    with capsys.disabled():
        print(f"\n{sum(ended)} connections ended, {len(result.broken)} promises broken")
    assert result.broken == []
    assert sum(ended) > 5


def _hang_up(stage: Stage, server: str, name: str, over: threading.Event, ended: list[int]) -> None:
    """For ten seconds from the first text on, then the story may come to its end."""
    stage.until(lambda: bool(stage.twilio.courier.deliveries), 60)
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    end = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = :n"
    )
    with engine.connect() as connection:
        for _ in range(20):
            if over.wait(0.5):
                return
            ended.append(connection.execute(end, {"n": name}).scalar_one())
