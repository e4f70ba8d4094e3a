"""Threads in this process, and one more that knows what is due when.

A model call can take 30 s, so there are many threads; they are started as they are needed. Waits use
the monotonic clock: when the wall clock jumps, nothing fires early and the sweep finds what is late.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count

from connector import log
from connector.domain.lanes import Lane
from connector.runners.base import Step
from connector.turnstile import TURNSTILE

THREADS = 32
SWEEP_SECONDS = 5.0
RETRY_SECONDS = 5.0  # after a step that broke: mostly the database, which may come back

_log = log.get(__name__)


class LocalRunner:
    def __init__(
        self,
        step: Step,
        waiting: Callable[[], Mapping[Lane, datetime]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._step = step
        self._waiting = waiting
        self._now = now
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="lane")
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Lane]] = []
        self._planned: dict[Lane, float] = {}  # the earliest wake-up of each lane in the heap
        self._running: set[Lane] = set()
        self._again: set[Lane] = set()  # woken while running
        self._order = count()
        self._stopping = False
        self._own = threading.local()  # of a lane's thread: what it takes on after this step
        self._clock = threading.Thread(target=self._tick, name="runner-clock", daemon=True)

    def start(self) -> None:
        self._clock.start()

    def wake(self, lane: Lane, at: datetime | None = None) -> None:
        wait = 0.0 if at is None else (at - self._now()).total_seconds()
        with self._changed:
            if self._stopping:
                return
            if wait <= 0:
                self._run(lane)
            else:
                self._plan(lane, time.monotonic() + wait)

    def stop(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            while self._running and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            drained = not self._running
        self._pool.shutdown(wait=drained, cancel_futures=True)
        if self._clock.is_alive():
            self._clock.join(max(deadline - time.monotonic(), 1.0))
        return drained

    def _run(self, lane: Lane) -> None:
        """With the lock held."""
        if lane in self._running:
            self._again.add(lane)
            return
        self._running.add(lane)
        # What a step wakes is mostly what it has just made ready. The same thread takes it on: a
        # message then goes its way without waiting for another thread to be given the interpreter.
        if getattr(self._own, "takes_on", False):
            self._own.takes_on = False
            self._own.next = lane
        else:
            self._pool.submit(self._work, lane)

    def _plan(self, lane: Lane, when: float) -> None:
        """With the lock held."""
        if self._planned.get(lane, when + 1) <= when:
            return
        self._planned[lane] = when
        heapq.heappush(self._heap, (when, next(self._order), lane))
        if self._heap[0][2] is lane:
            self._changed.notify_all()

    def _work(self, lane: Lane) -> None:
        following: Lane | None = lane
        while following is not None:
            self._own.next, self._own.takes_on = None, True
            self._once(following)
            following = self._own.next

    def _once(self, lane: Lane) -> None:
        due: datetime | None = None
        wait = 0.0
        try:
            with TURNSTILE.lane():
                due = self._step(lane)
        except Exception as error:
            _log.error("lane_step_failed", lane=lane.name, conversation=lane.conversation,
                       error=type(error).__name__)  # fmt: skip
            wait = RETRY_SECONDS
        if due is not None:
            wait = (due - self._now()).total_seconds()
        # Its own next step waits behind those of other lanes.
        self._own.takes_on = False
        with self._changed:
            self._running.discard(lane)
            again = lane in self._again
            self._again.discard(lane)
            if self._stopping:
                self._changed.notify_all()
            elif again or (due is not None and wait <= 0):
                self._run(lane)
            elif wait > 0:
                self._plan(lane, time.monotonic() + wait)

    def _tick(self) -> None:
        sweep_at = time.monotonic()
        while not self._stopping:
            if time.monotonic() >= sweep_at:
                self._sweep()
                sweep_at = time.monotonic() + SWEEP_SECONDS
            with self._changed:
                self._start_due(time.monotonic())
                until = min(self._heap[0][0], sweep_at) if self._heap else sweep_at
                if not self._stopping:
                    self._changed.wait(max(until - time.monotonic(), 0))

    def _start_due(self, now: float) -> None:
        while self._heap and self._heap[0][0] <= now:
            when, _, lane = heapq.heappop(self._heap)
            if self._planned.get(lane) == when:
                del self._planned[lane]
                self._run(lane)

    def _sweep(self) -> None:
        """A wake-up can be lost with the process that owed it; the database still knows."""
        try:
            for lane, due in self._waiting().items():
                self.wake(lane, due)
        except Exception as error:
            _log.error("sweep_failed", error=type(error).__name__)
