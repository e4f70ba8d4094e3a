"""One sign-in for all processes: kept sealed, renewed by one at a time, never by a dead one alone."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from connector import alone
from connector.errors import StorageUnavailable, Transient
from connector.helpdesks.zendesk.config import OAuthClient, ZendeskConfig
from connector.helpdesks.zendesk.credentials import LEASE, Renewed
from connector.helpdesks.zendesk.tokens import Alone
from connector.sealing import Seal
from connector.storage import engine, schema, sign_ins
from connector.storage.engine import Database
from connector.vault import Vault
from tests.helpdesks.conftest import Clock
from tests.helpdesks.fake import CLIENT_ID, CLIENT_SECRET, Fake, Fault

TOKENS = "/oauth/tokens"
MINUTES = timedelta(minutes=1)


@dataclass
class House:
    """Several processes, each with its own connection to the one database."""

    config: ZendeskConfig
    url: str
    refresh: str = ""
    secret: str = CLIENT_SECRET

    def __post_init__(self) -> None:
        self.dbs: list[Database] = []

    def process(self) -> Renewed:
        db = engine.connect(self.url)
        schema.migrate(db)
        self.dbs.append(db)
        vault = Vault(db, "helpdesk:main", Seal(self.secret, "test"), self.config.now)
        client = OAuthClient(CLIENT_ID, CLIENT_SECRET, self.refresh)
        return Renewed(replace(self.config, vault=vault), client)

    def rows(self) -> str:
        everything = text("SELECT name, text FROM sign_ins")
        return repr(self.dbs[0].read(lambda c: c.execute(everything).all()))


@pytest.fixture
def house(config: ZendeskConfig, database_url: str) -> Iterator[House]:
    made = House(config, database_url)
    yield made
    for db in made.dbs:
        db.close()


def trades(fake: Fake) -> int:
    return len(fake.calls("POST", TOKENS))


def at_once(*acts: Callable[[], object]) -> list[object]:
    barrier = threading.Barrier(len(acts), timeout=10)

    def act(one: Callable[[], object]) -> object:
        barrier.wait()
        return one()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def test_processes_share_one_token_and_a_new_one_finds_it(house: House, fake: Fake) -> None:
    one, two = house.process(), house.process()
    assert one.header() == two.header() == house.process().header()
    assert trades(fake) == 1


@pytest.mark.parametrize("refresh", ["", "canary-refresh-0"])
def test_many_that_find_it_old_at_once_renew_it_once(
    house: House, fake: Fake, clock: Clock, refresh: str
) -> None:
    house.refresh = refresh
    processes = [house.process() for _ in range(4)]
    assert len(set(at_once(*[p.header for p in processes]))) == 1
    assert trades(fake) == 1
    clock.forward(hours=1)
    assert len(set(at_once(*[p.header for p in processes * 2]))) == 1
    assert trades(fake) == 2
    assert processes[0].header() == f"Bearer {fake.tokens[-1]}"


def test_many_that_are_refused_at_once_renew_it_once(house: House, fake: Fake) -> None:
    processes = [house.process() for _ in range(3)]
    (refused,) = {p.header() for p in processes}
    fake.tokens.append("revoked by an administrator")
    assert all(at_once(*[lambda p=p: p.replace(refused) for p in processes]))
    assert trades(fake) == 2


def test_a_refresh_token_is_traded_in_once_and_its_successor_outlives_a_restart(
    house: House, fake: Fake, clock: Clock
) -> None:
    house.refresh = "canary-refresh-0"
    house.process().header()
    clock.forward(hours=1)
    house.process().header()
    clock.forward(hours=1)
    assert house.process().header() == f"Bearer {fake.tokens[-1]}"
    traded = [s.body["refresh_token"] for s in fake.calls("POST", TOKENS)]
    assert traded == ["canary-refresh-0", "canary-refresh-1", "canary-refresh-2"]


def test_a_newly_configured_refresh_token_wins(house: House, fake: Fake, clock: Clock) -> None:
    house.refresh = "canary-refresh-0"
    house.process().header()
    fake.refresh = house.refresh = "canary-refresh-by-hand"
    house.process().header()
    traded = [s.body["refresh_token"] for s in fake.calls("POST", TOKENS)]
    assert traded == ["canary-refresh-0", "canary-refresh-by-hand"]


def test_a_refresh_token_that_is_dead_waits_for_the_operator(house: House) -> None:
    house.refresh = "canary-refresh-of-old"
    with pytest.raises(Transient) as raised:
        house.process().header()
    assert (raised.value.status, raised.value.code) == (400, "invalid_grant")


def test_a_refresh_token_is_not_used_up_by_who_forgets(config: ZendeskConfig) -> None:
    with pytest.raises(ValueError, match=r"main.*kept"):
        Renewed(config, OAuthClient(CLIENT_ID, CLIENT_SECRET, "canary-refresh-0"))


def test_nothing_in_the_database_can_be_read(house: House, fake: Fake, tmp_path: Path) -> None:
    house.refresh = "canary-refresh-0"
    assert house.process().header() == f"Bearer {fake.tokens[-1]}"
    assert "helpdesk:main" in house.rows()
    assert "canary" not in house.rows()
    for file in tmp_path.glob("connector.db*"):  # the log of changes too
        assert b"canary" not in file.read_bytes()


def test_another_secret_or_purpose_opens_nothing_and_signs_in_anew(
    house: House, fake: Fake
) -> None:
    house.process().header()
    house.secret = "rotated"
    house.process().header()
    assert trades(fake) == 2
    sealed = Seal("secret", "one account").close("text")
    assert Seal("secret", "one account").open(sealed) == "text"
    assert Seal("secret", "another account").open(sealed) is None
    assert Seal("another", "one account").open(sealed) is None
    assert Seal("secret", "one account").open(sealed[:-6] + "AAAAA=") is None


def test_an_early_renewal_that_fails_does_no_harm_and_is_not_tried_at_every_call(
    house: House, fake: Fake, clock: Clock
) -> None:
    process = house.process()
    first = process.header()
    clock.forward(minutes=28, seconds=30)
    fake.faults.append(Fault("POST", TOKENS, status=429, always=True))
    assert [process.header() for _ in range(5)] == [first] * 5
    assert trades(fake) == 2
    clock.forward(seconds=16)
    assert process.header() == first
    assert trades(fake) == 3
    fake.faults.clear()
    clock.forward(seconds=16)
    assert process.header() == f"Bearer {fake.tokens[-1]}" != first


def test_while_one_renews_early_the_others_go_on(house: House, fake: Fake, clock: Clock) -> None:
    """The others neither wait nor ask."""
    one, two = house.process(), house.process()
    first = one.header()
    two.header()
    clock.forward(minutes=28, seconds=30)
    fake.faults.append(Fault("POST", TOKENS, hang=0.3))
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(one.header)
        while trades(fake) != 2:
            threading.Event().wait(0.01)
        assert two.header() == first  # another process
        assert one.header() == first  # another thread
        assert not renewing.done()
        assert renewing.result() != first
    assert trades(fake) == 2


def test_who_dies_while_renewing_holds_up_the_others_for_a_lease_at_most(
    house: House, fake: Fake, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.helpdesks.zendesk.credentials.PATIENCE", 0.2)
    process = house.process()
    first = process.header()
    kept = house.dbs[0].read(lambda c: sign_ins.get(c, "helpdesk:main"))
    clock.forward(minutes=28, seconds=30)
    dead = Vault(house.dbs[0], "helpdesk:main", Seal("", ""), clock).claim(kept.version, LEASE)
    assert dead is not None
    assert process.header() == first
    clock.forward(seconds=59)
    assert house.process().header() == first  # one that starts takes what is alive
    clock.forward(seconds=2)
    assert process.header() != first
    assert trades(fake) == 2
    # Where nothing is alive they wait, and are told to come again.
    clock.forward(hours=1)
    assert Vault(house.dbs[0], "helpdesk:main", Seal("", ""), clock).claim(2, LEASE)
    with pytest.raises(Transient) as raised:
        process.header()
    assert raised.value.retry_after == timedelta(seconds=1)
    clock.forward(seconds=61)
    assert process.header() == f"Bearer {fake.tokens[-1]}"


def test_who_starts_alone_does_not_wait_for_the_dead(
    database_url: str, house: House, fake: Fake, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at the first call for a token: its turn is nobody's when it is started again."""
    monkeypatch.setattr("connector.helpdesks.zendesk.credentials.PATIENCE", 0.0)
    process = house.process()
    assert Vault(house.dbs[0], "helpdesk:main", Seal("", ""), clock).claim(0, LEASE)
    with pytest.raises(Transient):
        process.header()
    db, held = alone.database(database_url)
    db.close()
    held.release()
    assert process.header() == f"Bearer {fake.tokens[-1]}"


def test_who_was_paused_while_renewing_does_not_replace_a_newer_token(
    house: House, fake: Fake, clock: Clock
) -> None:
    process = house.process()
    process.header()
    vault = Vault(house.dbs[0], "helpdesk:main", Seal(CLIENT_SECRET, "test"), clock)
    clock.forward(hours=1)
    assert vault.claim(1, LEASE)
    clock.forward(seconds=61)
    newer = process.header()
    assert not vault.keep(1, "of old")
    assert house.process().header() == newer


class Full(Alone):
    """A disk that takes nothing for a while."""

    full = True

    def keep(self, version: int, text: str) -> bool:
        if self.full:
            raise StorageUnavailable("full")
        return super().keep(version, text)


def test_a_traded_token_that_could_not_be_written_down_is_not_lost(
    config: ZendeskConfig, fake: Fake, clock: Clock
) -> None:
    vault = Full()
    client = OAuthClient(CLIENT_ID, CLIENT_SECRET, "canary-refresh-0")
    process = Renewed(replace(config, vault=vault), client)
    with pytest.raises(StorageUnavailable):
        process.header()
    assert process.header() == f"Bearer {fake.tokens[-1]}"
    vault.full = False
    clock.forward(hours=1)
    assert process.header() == f"Bearer {fake.tokens[-1]}"
    assert trades(fake) == 2


CHILD = """
import sys
from datetime import UTC, datetime
from connector import alone
from connector.helpdesks.zendesk.config import OAuthClient, ZendeskConfig
from connector.helpdesks.zendesk.credentials import Renewed
from connector.sealing import Seal
from connector.storage import engine
from connector.vault import Vault
database, zendesk, client, secret = sys.argv[1:]
vault = Vault(engine.connect(database), "helpdesk:main", Seal(secret, "x"),
              lambda: datetime.now(UTC))
config = ZendeskConfig("main", "acme", base_url=zendesk, vault=vault)
process = Renewed(config, OAuthClient(client, secret, "canary-refresh-0"))
print("ready", flush=True)
sys.stdin.readline()
print(process.header(), flush=True)
"""


def test_real_processes_renew_once(db: Database, database_url: str, fake: Fake) -> None:
    """`db` has migrated it; three programs ask in the same moment."""
    command = [sys.executable, "-c", CHILD, database_url, fake.url, CLIENT_ID, CLIENT_SECRET]
    fake.faults.append(Fault("POST", TOKENS, hang=0.3))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    started = [subprocess.Popen(command, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    try:
        for child in started:
            assert child.stdout.readline() == "ready\n"
        for child in started:
            child.stdin.write("go\n")
            child.stdin.flush()
        told = {child.communicate(timeout=30)[0] for child in started}
    finally:
        for child in started:
            child.kill()
            child.wait()
    assert told == {f"Bearer {fake.tokens[-1]}\n"}
    assert trades(fake) == 1
