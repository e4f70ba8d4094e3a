"""Lanes over many processes: who takes webhooks in only defers, workers on any machine run the lanes.

The database's own rows are the truth, Procrastinate's jobs are wake-ups: one that is lost is made up
for by a sweep, which one of the workers makes every few seconds for all.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

from procrastinate import App, JobContext

from connector import log
from connector.domain.lanes import Lane
from connector.runners.base import Step
from connector.runners.jobs import QUEUE, TASK, Jobs, lane
from connector.runners.patient import PatientConnector

THREADS = 32
POLL_SECONDS = 0.25
HEARTBEAT_SECONDS, STALLED_SECONDS = 5.0, 15.0
SWEEP_SECONDS = 5.0
RETRY_AFTER = timedelta(seconds=5)  # a step that broke: mostly the database, which may come back
# What is due later than this gets its job from a sweep: polling reads through all that wait, and every
# open conversation has a timer.
AHEAD = timedelta(seconds=20)
STEPS = 50  # in one job; then other lanes get their turn
SILENT_SECONDS = 15.0

_log = log.get(__name__)


def utc() -> datetime:
    return datetime.now(UTC)


class Deferrer:
    """What a process has that only takes webhooks in: it wakes lanes and runs none."""

    def __init__(self, jobs: Jobs, now: Callable[[], datetime] = utc) -> None:
        self._jobs = jobs
        self._now = now

    def start(self) -> None:
        pass

    def wake(self, lane: Lane, at: datetime | None = None) -> None:
        if at is not None and at > self._now() + AHEAD:
            return
        later = at is not None and at > self._now()
        try:
            self._jobs.put(lane, at if later else None)
        except Exception as error:
            # What is to be done is stored: the sweep finds it.
            _log.warning("wake_failed", lane=lane.name, conversation=lane.conversation,
                         error=type(error).__name__)  # fmt: skip

    def stop(self, seconds: float) -> bool:
        return True

    def trouble(self) -> str:
        """What is wrong with it, or nothing."""
        return ""


class Worker(Deferrer):
    """Runs lanes, 32 at a time, with any number of others."""

    def __init__(
        self,
        jobs: Jobs,
        conninfo: str,
        step: Step,
        waiting: Callable[[], Mapping[Lane, datetime]],
        my_turn: Callable[[datetime, datetime], bool],
        now: Callable[[], datetime] = utc,
    ) -> None:
        """`my_turn(now, next)`: whether this worker makes the sweep that is due, for all."""
        super().__init__(jobs, now)
        self._step = step
        self._waiting = waiting
        self._my_turn = my_turn
        self._connector = PatientConnector(conninfo)
        self._app = App(connector=self._connector)
        self._app.task(name=TASK, queue=QUEUE, pass_context=True)(self._work)
        self._over = threading.Event()
        self._running: set[int] = set()  # jobs
        self._ids: set[int] = set()  # how the database has known this worker
        self._doubtful: set[int] = set()
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._threads = (
            threading.Thread(target=self._run, name="worker", daemon=True),
            threading.Thread(target=self._sweeps, name="sweep", daemon=True),
        )

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        if not self._over.is_set():  # a second one would tear the worker out of its waiting
            self._over.set()
            with suppress(RuntimeError):  # the loop is closed: it has stopped by itself
                self._loop.call_soon_threadsafe(lambda: self._task and self._task.cancel())
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in self._threads)

    def trouble(self) -> str:
        silent = time.monotonic() - self._connector.heard_at
        if not all(thread.is_alive() for thread in self._threads):
            return "it has stopped"
        return f"no answer for {silent:.0f} s" if silent > SILENT_SECONDS else ""

    # --- a lane's run, in a thread of its own

    def _work(self, context: JobContext, conversation: str, direction: str) -> None:
        job = context.job
        assert job.id is not None  # noqa: S101 - it comes from the table
        self._running.add(job.id)
        if job.worker_id is not None:
            self._ids.add(job.worker_id)
        ours = lane(conversation, direction)
        try:
            due = self._steps(ours)
        except Exception as error:
            _log.error("lane_step_failed", lane=ours.name, conversation=ours.conversation,
                       error=type(error).__name__)  # fmt: skip
            due = self._now() + RETRY_AFTER
        finally:
            self._running.discard(job.id)
        if due is not None:
            self.wake(ours, due)

    def _steps(self, ours: Lane) -> datetime | None:
        """One after the other until nothing is due; when there will be more.

        A job that came during the run is taken over: it would wait for the next poll, as nobody
        tells the workers that a lane has become free.
        """
        for _ in range(STEPS):
            due = self._step(ours)
            idle = due is None or due > self._now()
            if self._over.is_set() or (idle and not self._jobs.take(ours)):
                return due
        return self._now()

    # --- Procrastinate's worker, in a thread with a loop

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        # The loop's own pool has two threads more than there are cores: a few model calls fill it.
        self._loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="lane"))
        with closing(self._loop):
            while not self._over.is_set():
                self._task = self._loop.create_task(self._serve())
                self._until_it_ends(self._task)

    def _until_it_ends(self, task: asyncio.Task[None]) -> None:
        try:
            self._loop.run_until_complete(task)
        except asyncio.CancelledError:
            return
        except Exception as error:
            _log.error("worker_failed", error=type(error).__name__)
            self._over.wait(1)

    async def _serve(self) -> None:
        async with self._app.open_async():
            await self._app.run_worker_async(
                queues=[QUEUE],
                concurrency=THREADS,
                fetch_job_polling_interval=POLL_SECONDS,
                listen_notify=True,
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
            )

    # --- what was lost

    def _sweeps(self) -> None:
        while not self._over.is_set():
            try:
                self._sweep()
            except Exception as error:
                _log.error("sweep_failed", error=type(error).__name__)
            self._over.wait(SWEEP_SECONDS)

    def _sweep(self) -> None:
        self._let_go()
        now = self._now()
        # A little early: who comes at the same pace must not miss its turn by a hair.
        if not self._my_turn(now, now + timedelta(seconds=SWEEP_SECONDS * 0.8)):
            return
        for ours in self._jobs.left(STALLED_SECONDS):
            _log.warning("lane_taken_over", lane=ours.name, conversation=ours.conversation)
            self.wake(ours)
        known = self._jobs.for_now()
        for ours, due in self._waiting().items():
            if ours not in known:
                self.wake(ours, due)

    def _let_go(self) -> None:
        """Of jobs that this worker holds and does not run, twice in a row: the database's answer,
        that one was fetched or ended, was lost on its way."""
        held = self._jobs.held(self._ids) - self._running if self._ids else set()
        for ours in self._jobs.drop(held & self._doubtful) if held & self._doubtful else ():
            _log.warning("lane_let_go", lane=ours.name, conversation=ours.conversation)
            self.wake(ours)
        self._doubtful = held
