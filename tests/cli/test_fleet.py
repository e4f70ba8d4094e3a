"""`serve`, `worker` and gunicorn with `runner: procrastinate`: what starts, what refuses and why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import text

from connector.cli.commands import main
from connector.storage import engine, schema
from tests.scenarios.world import free_port

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / "config" / "sandbox.yaml")


@pytest.fixture
def environ(postgres_url: str) -> dict[str, str]:
    return {"SANDBOX_RUNNER": "procrastinate", "SANDBOX_DATABASE": postgres_url,
            "CONNECTOR_CONFIG": CONFIG}  # fmt: skip


def told(environ: dict[str, str], *words: str) -> tuple[int, str]:
    got = CliRunner().invoke(main, list(words), env=environ)
    return got.exit_code, got.output


@pytest.mark.postgres
def test_serve_and_worker_refuse_a_schema_that_is_behind_until_migrate_has_run(
    environ: dict[str, str],
) -> None:
    for command in (["serve", "--port", str(free_port())], ["worker"]):
        code, said = told(environ, *command)
        assert (code, said) == (
            1,
            f"connector: the database is at schema version none, this program needs {schema.ours()}: "
            "run `connector migrate` first\n",
        )
    for _ in range(2):
        code, said = told(environ, "migrate")
        assert (code, said) == (0, f"the database is at schema version {schema.ours()}\n")


def test_procrastinate_with_sqlite_is_refused_by_check_and_at_start(tmp_path: Path) -> None:
    environ = {"SANDBOX_RUNNER": "procrastinate", "CONNECTOR_CONFIG": CONFIG,
               "SANDBOX_DATABASE": f"sqlite:///{tmp_path}/c.db"}  # fmt: skip
    for command in ("check", "serve", "worker", "migrate"):
        code, said = told(environ, command)
        assert code == 1
        assert f"{CONFIG}:6:1: runner: 'procrastinate' needs Postgres" in said
    assert list(tmp_path.iterdir()) == []


def test_a_worker_beside_a_local_runner_is_refused(tmp_path: Path) -> None:
    environ = {"CONNECTOR_CONFIG": CONFIG, "SANDBOX_DATABASE": f"sqlite:///{tmp_path}/c.db"}
    code, said = told(environ, "worker")
    assert code == 1
    assert "a worker needs `runner: procrastinate`" in said
    assert len(said.splitlines()) == 1


@contextmanager
def running(environ: dict[str, str], *command: str) -> Iterator[subprocess.Popen[bytes]]:
    environ = os.environ | environ
    with subprocess.Popen([sys.executable, "-m", *command], env=environ, cwd=ROOT) as made:
        try:
            yield made
        finally:
            made.kill()


def ready(port: int, seconds: float = 90) -> requests.Response:
    """Its answer, as soon as it gives one: the imports alone take seconds where others work too."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=seconds)
        except requests.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.mark.postgres
def test_under_gunicorn_a_web_process_stays_up_and_says_what_is_wrong_with_the_schema(
    environ: dict[str, str], postgres_url: str
) -> None:
    port = free_port()
    environ |= {"CONNECTOR_BIND": f"127.0.0.1:{port}"}
    webhook = f"http://127.0.0.1:{port}/webhooks/channels/sms"
    command = ("gunicorn", "-c", "config/gunicorn.conf.py", "wsgi:app")
    with running(environ, *command) as web:
        got = ready(port)
        assert got.status_code == 503
        assert f"version none, this program needs {schema.ours()}" in got.json()["checks"]["schema"]
        held = requests.post(webhook, timeout=5)
        assert (held.status_code, held.headers["Retry-After"]) == (503, "30")
        assert told(environ, "migrate")[0] == 0
        assert ready(port).status_code == 200
        assert requests.post(webhook, timeout=5).status_code == 401  # unsigned, and looked at
        # The next version migrates under its feet: said, and still taken in.
        db = engine.connect(postgres_url)
        db.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
        db.close()
        newer = ready(port)
        assert newer.status_code == 503
        assert f"version 9999, this program knows up to {schema.ours()}" in newer.text
        assert requests.post(webhook, timeout=5).status_code == 401
        web.send_signal(signal.SIGTERM)
        assert web.wait(10) == 0


@pytest.mark.postgres
def test_a_worker_as_anybody_starts_it_is_ready_says_so_and_drains(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    assert told(environ, "migrate")[0] == 0
    began = time.monotonic()
    with running(environ, "connector", "worker", "--port", str(port)) as made:
        got = ready(port)
        figures = [f"ready after {time.monotonic() - began:.1f} s"]
        assert got.json()["checks"] == {"database": "ok", "schema": "ok", "runner": "ok"}
        assert (
            requests.post(f"http://127.0.0.1:{port}/webhooks/channels/sms", timeout=5).status_code
            == 404
        )
        began = time.monotonic()
        made.send_signal(signal.SIGTERM)
        assert made.wait(10) == 0
        figures.append(f"ended after {time.monotonic() - began:.1f} s")
    with capsys.disabled():
        sys.stdout.write(f"\nworker, started cold: {'; '.join(figures)}\n")
