"""Fixtures that many tests share."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, text

from connector.sandbox.zendesk.twin import ZendeskTwin
from connector.storage import engine
from connector.storage.engine import Database
from tests import migrated
from tests.crash.process import Zygote
from tests.described import Described, Sent

# Two noisy cores: a slow example is no failure. CI runs the same examples every time.
settings.register_profile(
    "connector",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("connector")

LONG = bool(os.environ.get("TEST_LONG"))  # `make bench-long`: the long forms

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
VENDOR = Path(__file__).parents[2] / "shared" / "data" / "vendor"

# What takes minutes, or more than two quiet cores: `make prove`.
PROOFS = (
    "cli/test_fleet.py",
    "crash",
    "load",
    "runners/test_procrastinate.py",
    "scenarios/test_door.py",
    "scenarios/test_fleet.py",
    "scenarios/test_reconcile.py",
    "storage/test_trouble.py",
)


# A million objects are made by importing and collecting, and all stay: looking through them for
# rubbish takes a second in each process then, and another at every full search afterwards.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Rubbish is collected between tests. JSON that is nested too deep ends at the limit of recursion;
    collected right there, other tests' rubbish could not even be told of: their finalizers fail."""
    if item.get_closest_marker("proof"):
        return (yield)  # some make a lot of it
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(here).as_posix()
        if place.startswith(PROOFS):
            item.add_marker(pytest.mark.proof)
        if place.startswith("browser"):
            # One Chromium for all of them: starting one takes ten seconds of both cores.
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def vendor() -> Path:
    """The vendors' descriptions and recorded answers, which are not part of the project."""
    if not VENDOR.is_dir():
        pytest.skip(f"no vendor data at {VENDOR}")
    return VENDOR


@pytest.fixture(scope="session")
def described() -> Described | None:
    """None without the vendors' descriptions; tests/helpdesks/test_vendor.py then says so."""
    return Described(VENDOR) if VENDOR.is_dir() else None


@pytest.fixture(autouse=True)
def _what_zendesks_twin_was_sent_is_described(
    request: pytest.FixtureRequest, described: Described | None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """In every test but those of the twin itself, which send it all sorts of things."""
    sent: list[Sent] = []
    record = ZendeskTwin._record

    def noted(twin: ZendeskTwin, asked: Any, body: bytes, *rest: Any) -> None:
        query = asked.query_string.decode()
        text = body.decode("utf-8", "replace")
        sent.append(Sent.raw(asked.method, asked.path, query, text, asked.headers))
        record(twin, asked, body, *rest)

    if described is None or "sandbox" in request.path.parts:
        yield
        return
    monkeypatch.setattr(ZendeskTwin, "_record", noted)
    yield
    for each in sent:
        described.check(each)


@pytest.fixture(scope="session")
def postgres() -> str:
    """A PostgreSQL server's URL; REQUIRE_POSTGRES=1 turns the skip into a failure."""
    server = create_engine(POSTGRES, connect_args={"connect_timeout": 3})
    try:
        with server.connect():
            return POSTGRES
    except Exception as error:
        reason = f"no PostgreSQL at TEST_POSTGRES_URL ({type(error).__name__})"
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    finally:
        server.dispose()


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """An empty schema of its own on that server."""
    name = f"connector_{uuid4().hex[:12]}"
    server = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    yield f"{postgres}?options=-csearch_path%3D{name}"
    with server.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    server.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/connector.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A migrated database, SQLite and Postgres in turn."""
    opened = engine.connect(database_url)
    migrated.migrate(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """Forks connectors; one a worker: group the tests that use it."""
    with Zygote() as found:
        yield found
