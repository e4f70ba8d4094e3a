"""The local runner: one step at a time a lane, side by side across lanes, nothing woken is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connector.domain.lanes import Lane
from connector.runners import local
from connector.runners.local import LocalRunner
from tests.runners.steps import SOON, A, B, Steps


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
def waiting() -> dict[Lane, datetime]:
    return {}


@pytest.fixture
def runner(steps: Steps, waiting: dict[Lane, datetime]) -> Iterator[LocalRunner]:
    made = LocalRunner(steps, lambda: waiting)
    made.start()
    yield made
    steps.gate.set()
    assert made.stop(SOON)


def now() -> datetime:
    return datetime.now(UTC)


def test_a_lane_runs_once_at_a_time_and_a_wake_up_during_a_run_counts(
    runner: LocalRunner, steps: Steps
) -> None:
    steps.gate.clear()
    runner.wake(A)
    assert steps.ran.get(timeout=SOON) == A
    for _ in range(5):
        runner.wake(A)
    steps.gate.set()
    assert steps.ran.get(timeout=SOON) == A
    assert runner.stop(SOON)
    assert steps.ran.empty()
    assert steps.overlaps == 0


def test_lanes_run_side_by_side(runner: LocalRunner, steps: Steps) -> None:
    steps.gate.clear()
    runner.wake(A)
    runner.wake(B)
    assert {steps.ran.get(timeout=SOON), steps.ran.get(timeout=SOON)} == {A, B}


def test_what_is_due_later_runs_later_and_an_earlier_wake_up_wins(
    runner: LocalRunner, steps: Steps
) -> None:
    runner.wake(A, now() + timedelta(hours=1))
    began = now()
    runner.wake(A, began + timedelta(seconds=0.2))
    assert steps.ran.get(timeout=SOON) == A
    assert now() - began >= timedelta(seconds=0.2)


def test_a_step_says_when_it_has_more_to_do(runner: LocalRunner, steps: Steps) -> None:
    steps.answers[A] = [now() + timedelta(seconds=0.1)]
    runner.wake(A)
    assert [steps.ran.get(timeout=SOON) for _ in range(2)] == [A, A]


def test_a_step_that_breaks_is_tried_again(
    runner: LocalRunner, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "RETRY_SECONDS", 0.05)
    steps.answers[A] = [ValueError("broken")]
    runner.wake(A)
    assert [steps.ran.get(timeout=SOON) for _ in range(2)] == [A, A]


def test_the_sweep_finds_what_nobody_woke(
    steps: Steps, waiting: dict[Lane, datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "SWEEP_SECONDS", 0.05)
    made = LocalRunner(steps, lambda: waiting)
    made.start()
    waiting[B] = now()
    assert steps.ran.get(timeout=SOON) == B
    waiting.clear()
    assert made.stop(SOON)


def test_stopping_lets_what_runs_finish_and_takes_nothing_new(
    runner: LocalRunner, steps: Steps
) -> None:
    steps.gate.clear()
    runner.wake(A)
    steps.ran.get(timeout=SOON)
    assert runner.stop(0.05) is False
    runner.wake(B)
    steps.gate.set()
    assert runner.stop(SOON)
    assert steps.ran.empty()


def test_a_lane_that_always_has_more_leaves_the_others_their_turns(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one thread, and nothing but the order in which steps are taken on."""
    monkeypatch.setattr(local, "THREADS", 1)
    made = LocalRunner(steps, dict)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    steps.answers[A] = [long_ago] * 50
    steps.gate.clear()
    made.wake(A)
    assert steps.ran.get(timeout=SOON) == A
    made.wake(B)
    steps.gate.set()
    order = [steps.ran.get(timeout=SOON) for _ in range(2)]
    assert made.stop(SOON)
    assert B in order


def test_what_a_step_wakes_is_taken_on_by_its_own_thread() -> None:
    threads: dict[Lane, int] = {}
    over = threading.Event()

    def step(lane: Lane) -> None:
        threads[lane] = threading.get_ident()
        if lane == A:
            made.wake(B)
        else:
            over.set()

    made = LocalRunner(step, dict)
    made.wake(A)
    assert over.wait(SOON)
    assert made.stop(SOON)
    assert threads[A] == threads[B]
