"""RELIABILITY targets 1, 5, 8, 9 and slow clients, in short: counts decide, times are only shown.

With TEST_LONG=1 (`make bench-long`) the full numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import storm
from bench.storm import Server
from bench.table import percentile
from tests.conftest import LONG
from tests.crash.process import Zygote

pytestmark = pytest.mark.xdist_group("storm")


def size(short: int, long: int) -> int:
    return long if LONG else short


@pytest.fixture
def on(zygote: Zygote, tmp_path: Path) -> Iterator[Server]:
    with storm.server(zygote, tmp_path) as made:
        yield made


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """What a test says in it is printed."""
    said: list[str] = []
    yield said
    with capsys.disabled():
        print("\n" + "\n".join(said))


def test_every_id_of_a_burst_is_stored(on: Server, say: list[str]) -> None:
    found, lost = storm.burst(on, size(1500, 36_000))
    say.append(f"burst: {len(found.acked) / found.seconds:.0f} acked/s, p99 {found.p99():.0f} ms")
    assert lost == set()
    assert found.statuses == {200: size(1500, 36_000)}


def test_an_even_load_while_the_workers_run(on: Server, say: list[str]) -> None:
    waits = storm.steady(on, 100, size(5, 60))
    p50, p99 = percentile(waits, 50) * 1000, percentile(waits, 99) * 1000
    say.append(f"ack at 100/s: p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    assert len(on.stored()) == len(waits)


def test_duplicates_and_disorder_have_as_many_effects_as_there_are_ids(
    on: Server, say: list[str]
) -> None:
    # Of what is sent, the copies are more than half.
    found = storm.disorder(on, size(750, 30_000), size(75, 3_000))
    sent = sum(found.heard.statuses.values())
    say.append(f"{sent} webhooks with {found.distinct} ids: {found.effects} effects")
    assert set(found.heard.statuses) == {200}
    assert found.stored == found.effects == found.distinct


def test_forged_webhooks_leave_nothing(on: Server, say: list[str]) -> None:
    found, rows = storm.forged(on, size(2_000, 10_000))
    say.append(f"forged, half to each endpoint: {found.statuses}, {rows} rows")
    assert rows == 0
    assert found.broken == 0
    assert set(found.statuses) <= {400, 401}


def test_malformed_input_is_never_an_error_of_ours(on: Server, say: list[str]) -> None:
    found, noise, grown = storm.malformed(on, size(5_000, 100_000))
    say.append(f"malformed: {found.statuses}, noise: {noise.statuses}, memory +{grown:.1f} MB")
    assert found.failures + noise.failures == 0
    assert found.broken == 0
    assert grown < 50
    assert on.ask("messages", count=1, first=10**6).statuses == {200: 1}


def test_four_hundred_slow_clients_keep_nobody_waiting(on: Server, say: list[str]) -> None:
    found = storm.slow(on)
    say.append(f"behind 400 slow clients: p99 {found.p99():.0f} ms, {found.statuses}")
    assert found.statuses == {200: 200}
    assert found.broken == 0


def test_stopped_under_load_every_acknowledged_id_is_stored(on: Server, say: list[str]) -> None:
    lost, seconds, acked = storm.stopped(on, count=20_000, after=500)
    say.append(f"SIGTERM under load: {acked} acked, {len(lost)} lost, ended in {seconds:.1f} s")
    assert lost == set()
    assert acked > 0
