"""Duties: due when they should be, once, and whatever a provider does the thread goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from connector import log
from connector.errors import ProviderError, Rejected, Transient
from connector.pipeline.reconcile.ticker import JITTER, Duty, GoesOn, Off, Ticker
from connector.storage import duties
from connector.storage.engine import Database

T0 = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PERIOD = timedelta(seconds=60)
SOON = 5.0


@dataclass
class Work:
    """Counts, and ends as it is told; after that well."""

    ends: list[datetime | Exception | None] = field(default_factory=list)
    done: int = 0

    def __call__(self, goes_on: GoesOn) -> datetime | None:
        self.done += 1
        end = self.ends.pop(0) if self.ends else None
        if isinstance(end, Exception):
            raise end
        return end


@dataclass
class Bench:
    db: Database
    at: datetime = T0
    work: Work = field(default_factory=Work)

    def __post_init__(self) -> None:
        self.duty = Duty("d", PERIOD, self.work)
        self.ticker = Ticker(self.db, [], lambda: self.at)
        self.ticker.plan(Duty("d", PERIOD, self.work, at_start=True))

    def turn(self) -> timedelta | None:
        """From now until it is due, after a look."""
        self.ticker.turn(self.duty)
        due = self.db.read(lambda c: duties.due(c, "d"))
        return None if due is None else due - self.at


@pytest.fixture
def bench(db: Database) -> Bench:
    return Bench(db)


def within_period(wait: timedelta | None) -> bool:
    return wait is not None and PERIOD * (1 - JITTER) <= wait <= PERIOD


def test_done_at_start_and_then_once_a_period(bench: Bench) -> None:
    assert within_period(bench.turn())
    bench.turn()
    bench.at += PERIOD * 0.9
    bench.turn()
    assert bench.work.done == 1
    bench.at += PERIOD * 0.1
    bench.turn()
    assert bench.work.done == 2


def test_a_shorter_period_counts_from_the_next_start(bench: Bench) -> None:
    bench.turn()
    shorter = Duty("d", timedelta(seconds=8), bench.work)
    bench.ticker.plan(shorter)
    due = bench.db.read(lambda c: duties.due(c, "d"))
    assert due == bench.at + timedelta(seconds=8)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [(5.0, 5.0), (300.0, 300.0), (0.0, 1.0), (1e6, 3600.0)],
)
def test_retry_after_is_kept(bench: Bench, asked: float, kept: float) -> None:
    bench.work.ends = [Transient("429", retry_after=timedelta(seconds=asked))]
    assert bench.turn() == timedelta(seconds=kept)


@pytest.mark.parametrize("error", [Transient("down"), Rejected("no"), ProviderError("?")])
def test_a_failure_costs_a_turn_and_is_logged_once(bench: Bench, error: Exception) -> None:
    facts: list[log.Fact] = []
    log.set_up()
    stop = log.tap(facts.append)
    bench.work.ends = [error]
    assert within_period(bench.turn())
    bench.at += PERIOD
    bench.turn()
    stop()
    assert bench.work.done == 2
    assert [f["event"] for f in facts] == ["duty_failed"]


def test_the_work_may_ask_for_another_time(bench: Bench) -> None:
    bench.work.ends = [T0 + timedelta(seconds=11)]
    assert bench.turn() == timedelta(seconds=11)


def test_work_that_outlasts_its_claim_is_told_to_stop(bench: Bench) -> None:
    asked: list[bool] = []

    def work(goes_on: GoesOn) -> None:
        asked.append(goes_on())
        bench.at += PERIOD
        asked.append(goes_on())

    bench.ticker.turn(Duty("d", PERIOD, work))
    assert asked == [True, False]


def eventually(look: Callable[[], bool]) -> bool:
    end = time.monotonic() + SOON
    while time.monotonic() < end:
        if look():
            return True
        threading.Event().wait(0.01)
    return look()


def test_threads_go_on_after_any_error_and_rest_when_switched_off(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.pipeline.reconcile.ticker.RETRY_SECONDS", 0.01)
    monkeypatch.setattr("connector.pipeline.reconcile.ticker.SPREAD_SECONDS", 0.0)
    facts: list[log.Fact] = []
    log.set_up()
    untap = log.tap(facts.append)
    often = timedelta(milliseconds=20)
    broken, off, well = Work([ValueError("bug")]), Work([Off("admins only")]), Work()
    given = [Duty(n, often, w) for n, w in (("broken", broken), ("off", off), ("well", well))]
    ticker = Ticker(db, given)
    ticker.start()
    assert eventually(lambda: broken.done > 2 and well.done > 2 and off.done == 1)
    assert ticker.stop(SOON)
    untap()
    assert off.done == 1
    told = [(f["event"], f["duty"]) for f in facts]
    assert sorted(told) == [("duty_failed", "broken"), ("duty_off", "off")]


def test_what_was_switched_off_is_tried_again_later(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.pipeline.reconcile.ticker.OFF_SECONDS", 0.05)
    off = Work([Off("admins only")])
    ticker = Ticker(db, [Duty("off", timedelta(milliseconds=20), off)])
    ticker.start()
    assert eventually(lambda: off.done > 1)
    assert ticker.stop(SOON)


def test_stop_does_not_wait_for_a_provider_that_hangs(db: Database) -> None:
    inside, let_go = threading.Event(), threading.Event()
    asked: list[bool] = []

    def hang(goes_on: GoesOn) -> None:
        inside.set()
        let_go.wait(SOON)
        asked.append(goes_on())

    other = Work()
    ticker = Ticker(db, [Duty("hangs", PERIOD, hang, True), Duty("other", PERIOD, other, True)])
    ticker.start()
    assert inside.wait(SOON)
    assert eventually(lambda: other.done == 1)  # it waits for nobody
    began = time.monotonic()
    assert not ticker.stop(0.1)
    assert time.monotonic() - began < 1
    let_go.set()
    assert ticker.stop(SOON)
    assert asked == [False]


def test_two_processes_do_a_duty_once_a_period(db: Database) -> None:
    """Each period one of them, and never both at once."""
    lock, running, overlaps = threading.Lock(), [0], [0]
    done: list[int] = []

    def work(number: int) -> Callable[[GoesOn], None]:
        def act(goes_on: GoesOn) -> None:
            with lock:
                running[0] += 1
                overlaps[0] += running[0] > 1
                done.append(number)
            threading.Event().wait(0.02)
            with lock:
                running[0] -= 1

        return act

    period = timedelta(seconds=0.3)
    tickers = [Ticker(db, [Duty("d", period, work(n))]) for n in range(2)]
    began = time.monotonic()
    for ticker in tickers:
        ticker.start()
    assert eventually(lambda: len(done) >= 5)
    for ticker in tickers:
        assert ticker.stop(SOON)
    most = (time.monotonic() - began) / (0.3 * (1 - JITTER)) + 1
    assert overlaps == [0]
    assert len(done) <= most
