"""Work beside the lanes: done soon or not at all. Nothing of it is written down or waited for."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from itertools import count

from connector import log

THREADS = 4  # a provider that does not answer holds one for seconds
MOST = 200  # jobs that wait; what comes on top is dropped
CLOSE_SECONDS = 1.0

Job = Callable[[], float | None]  # done; or in how many seconds it is to be done again

_log = log.get(__name__)


class Aside:
    """A few threads, started when there is something to do. Safe to call from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Job]] = []
        self._order = count()
        self._threads: list[threading.Thread] = []
        self._closing = False

    def put(self, job: Job, wait: float = 0.0) -> None:
        """Returns at once, whatever becomes of the job."""
        with self._changed:
            if self._closing or len(self._heap) >= MOST:
                return
            heapq.heappush(self._heap, (time.monotonic() + wait, next(self._order), job))
            if len(self._threads) < THREADS:
                name = f"aside-{len(self._threads)}"
                thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()

    def close(self) -> None:
        """What waits is dropped; a call that is under way gets a moment."""
        with self._changed:
            self._closing = True
            self._heap.clear()
            self._changed.notify_all()
        deadline = time.monotonic() + CLOSE_SECONDS
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0.0))

    def _run(self) -> None:
        while (job := self._take()) is not None:
            try:
                again = job()
            except Exception as error:
                again = None
                _log.warning("aside_failed", error=type(error).__name__)
            if again is not None:
                self.put(job, again)

    def _take(self) -> Job | None:
        with self._changed:
            while not self._closing:
                wait = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(wait)
            return None
