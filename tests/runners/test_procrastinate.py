"""Two workers on one Postgres: a lane runs once at a time, and no wake-up is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from queue import Empty

import pytest
from sqlalchemy import text

from connector import fleet
from connector.domain.ids import ConversationId
from connector.domain.lanes import INBOX, Lane
from connector.runners import procrastinate
from connector.runners.jobs import Jobs
from connector.runners.procrastinate import Deferrer, Worker
from connector.storage import engine
from connector.storage.engine import Database
from tests.runners.steps import SOON, A, B, Steps

pytestmark = [pytest.mark.postgres]


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
def shared(postgres_url: str) -> Iterator[Database]:
    """A database that is ready for a fleet."""
    fleet.migrate(postgres_url)
    db = engine.connect(postgres_url)
    yield db
    db.close()


@pytest.fixture
def web(shared: Database) -> Deferrer:
    """Wakes lanes, runs none."""
    return fleet.runner("web", shared, "", lambda _: None, now)


@contextmanager
def worker(url: str, step: Callable[[Lane], datetime | None]) -> Iterator[Worker]:
    db = engine.connect(url)
    made = fleet.runner("worker", db, url, step, now)
    assert isinstance(made, Worker)
    made.start()
    try:
        yield made
    finally:
        assert made.stop(SOON)
        db.close()


def now() -> datetime:
    return datetime.now(UTC)


def rows(db: Database, statement: str) -> list[object]:
    return db.read(lambda c: list(c.execute(text(statement)).scalars()))


def nothing_more(steps: Steps, db: Database) -> None:
    """Every job is done and gone, and none of them ran a lane."""
    over = threading.Event()
    while rows(db, "SELECT id FROM procrastinate_jobs"):
        assert not over.wait(0.02)
    assert steps.ran.empty()
    assert steps.overlaps == 0


def test_a_lane_runs_once_at_a_time_and_a_wake_up_during_a_run_counts(
    shared: Database, postgres_url: str, web: Deferrer, steps: Steps
) -> None:
    with worker(postgres_url, steps), worker(postgres_url, steps):
        steps.gate.clear()
        web.wake(A)
        assert steps.ran.get(timeout=SOON) == A
        for _ in range(5):
            web.wake(A)
        with pytest.raises(Empty):
            steps.ran.get(timeout=1)  # four polls of each worker
        steps.gate.set()
        assert steps.ran.get(timeout=SOON) == A
        nothing_more(steps, shared)


def test_under_many_wake_ups_from_many_threads_none_is_lost_and_none_overlaps(
    shared: Database, postgres_url: str, web: Deferrer
) -> None:
    """What was stored before a wake-up is seen by a step that begins after it."""
    stored, seen = dict.fromkeys((A, B), 0), dict.fromkeys((A, B), 0)
    running, overlaps = {A: 0, B: 0}, []
    changed = threading.Condition()

    def step(lane: Lane) -> None:
        with changed:
            running[lane] += 1
            overlaps.extend([lane] * (running[lane] - 1))
            known = stored[lane]
        threading.Event().wait(0.002)
        with changed:
            running[lane] -= 1
            seen[lane] = max(seen[lane], known)
            changed.notify_all()

    def store(lane: Lane) -> None:
        for _ in range(40):
            with changed:
                stored[lane] += 1
            web.wake(lane)

    with worker(postgres_url, step), worker(postgres_url, step):
        threads = [threading.Thread(target=store, args=(x,)) for x in (A, B) * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with changed:
            # Without the sweep, which is not due: wake-ups alone must do.
            assert changed.wait_for(lambda: seen == stored == {A: 120, B: 120}, SOON)
        assert overlaps == []


def test_lanes_run_side_by_side_more_than_the_loops_own_pool_has_threads(
    shared: Database, postgres_url: str, web: Deferrer, steps: Steps
) -> None:
    many = {Lane(ConversationId(f"c{i}"), INBOX) for i in range(20)}
    with worker(postgres_url, steps):
        steps.gate.clear()
        for lane in many:
            web.wake(lane)
        assert {steps.ran.get(timeout=SOON) for _ in many} == many
        assert sum(steps.running.values()) == len(many)  # none had to end for another to begin
        steps.gate.set()


def test_a_later_wake_up_neither_swallows_nor_holds_up_one_for_now(
    shared: Database, postgres_url: str, web: Deferrer, steps: Steps
) -> None:
    web.wake(A, now() + timedelta(seconds=2))
    web.wake(A)
    began = now()
    with worker(postgres_url, steps):
        assert steps.ran.get(timeout=SOON) == A
        assert now() - began < timedelta(seconds=1.5)
        assert steps.ran.get(timeout=SOON) == A
        assert now() - began >= timedelta(seconds=1.5)


def test_of_two_later_wake_ups_the_sooner_counts(
    shared: Database, postgres_url: str, web: Deferrer, steps: Steps
) -> None:
    with worker(postgres_url, steps):
        web.wake(A, now() + timedelta(seconds=15))
        began = now()
        web.wake(A, began + timedelta(seconds=0.5))
        web.wake(A, began + timedelta(seconds=10))
        assert steps.ran.get(timeout=SOON) == A
        assert timedelta(seconds=0.5) <= now() - began < timedelta(seconds=3)
        nothing_more(steps, shared)


def test_what_is_due_much_later_is_left_to_the_sweep(shared: Database, web: Deferrer) -> None:
    web.wake(A, now() + timedelta(hours=1))
    assert rows(shared, "SELECT id FROM procrastinate_jobs") == []


def test_a_step_says_when_it_has_more_to_do_and_one_that_breaks_is_tried_again(
    shared: Database, postgres_url: str, web: Deferrer, steps: Steps,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(procrastinate, "RETRY_AFTER", timedelta(seconds=0.1))
    steps.answers[A] = [now(), now() + timedelta(seconds=0.3), ValueError("broken"), None]
    with worker(postgres_url, steps):
        web.wake(A)
        assert [steps.ran.get(timeout=SOON) for _ in range(4)] == [A] * 4
        nothing_more(steps, shared)


def test_stopping_lets_what_runs_finish_and_takes_nothing_new(
    shared: Database, postgres_url: str, web: Deferrer, steps: Steps
) -> None:
    with worker(postgres_url, steps) as first:
        steps.gate.clear()
        web.wake(A)
        assert steps.ran.get(timeout=SOON) == A
        assert first.stop(0.05) is False
        web.wake(A)
        web.wake(B)
        steps.gate.set()
        assert first.stop(SOON)
        assert steps.ran.empty()
        assert first.trouble() == "it has stopped"
    with worker(postgres_url, steps):  # what was left is another one's
        assert {steps.ran.get(timeout=SOON) for _ in range(2)} == {A, B}


def test_the_sweep_finds_what_nobody_woke_and_one_worker_makes_it_for_all(
    shared: Database, postgres_url: str, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procrastinate, "SWEEP_SECONDS", 0.2)
    sweeps: list[datetime] = []
    left = Jobs.left

    def counted(self: Jobs, seconds: float) -> list[Lane]:
        sweeps.append(now())
        return left(self, seconds)

    monkeypatch.setattr(Jobs, "left", counted)
    with worker(postgres_url, steps), worker(postgres_url, steps), worker(postgres_url, steps):
        due = now() + timedelta(seconds=0.1)
        began = now()
        shared.write(lambda c: c.execute(
            text("INSERT INTO timers (conversation_id, name, due_at) VALUES ('b', 'x', :due)"),
            {"due": due},
        ))  # fmt: skip
        assert steps.ran.get(timeout=SOON) == B
        shared.write(lambda c: c.execute(text("DELETE FROM timers")))
        while (elapsed := (now() - began).total_seconds()) < 2:
            threading.Event().wait(0.1)
        assert 1 <= len(sweeps) <= elapsed / 0.16 + 1  # three that each do it: 30


@contextmanager
def paused(worker: Worker) -> Iterator[None]:
    """It runs no job, sends no heartbeat: as a process that the kernel does not let run."""
    go_on = threading.Event()
    worker._loop.call_soon_threadsafe(lambda: go_on.wait(30))
    try:
        yield
    finally:
        go_on.set()


def test_a_silent_workers_lane_is_taken_over_and_when_it_comes_back_it_harms_nothing(
    shared: Database, postgres_url: str, web: Deferrer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("SWEEP", 0.2), ("HEARTBEAT", 0.2), ("STALLED", 1.5)):
        monkeypatch.setattr(procrastinate, f"{name}_SECONDS", seconds)
    doing = "SELECT id FROM procrastinate_jobs WHERE status = 'doing'"
    held, again = Steps(), Steps()
    held.gate.clear()
    again.gate.clear()
    with worker(postgres_url, held) as first:
        web.wake(A)
        assert held.ran.get(timeout=SOON) == A
        before = rows(shared, doing)
        with worker(postgres_url, again):
            with paused(first):
                assert again.ran.get(timeout=SOON) == A
                taken = rows(shared, doing)
                assert taken != before
            held.gate.set()  # it comes back, and reports as done what is another one's by now
            assert first.stop(SOON)
            assert rows(shared, doing) == taken
            web.wake(A)
            again.gate.set()
            assert again.ran.get(timeout=SOON) == A
            nothing_more(again, shared)
    assert held.ran.empty()


def test_a_job_that_is_held_and_not_run_is_let_go(
    shared: Database, postgres_url: str, web: Deferrer, steps: Steps,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """As when the database's answer to "give me a job" is lost on its way."""
    monkeypatch.setattr(procrastinate, "SWEEP_SECONDS", 0.2)
    with worker(postgres_url, steps):
        web.wake(A)
        assert steps.ran.get(timeout=SOON) == A
        shared.write(lambda c: c.execute(text(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, status, worker_id)"
            " SELECT 'lanes', 'lanes', 'b inbox', '{\"conversation\": \"b\", \"direction\": \"inbox\"}',"
            " 'doing', max(id) FROM procrastinate_workers"
        )))  # fmt: skip
        assert steps.ran.get(timeout=SOON) == B
