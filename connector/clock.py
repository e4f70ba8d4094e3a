"""The wall clock, watched: when it is set, what was planned by it has to move along."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from connector import log

# Less is drift, which is corrected all the time.
JUMP = timedelta(seconds=2)

_log = log.get(__name__)


def boot_seconds() -> float:
    """Seconds since the machine started, sleep included: no one can set this clock."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class WatchedClock:
    """Gives the time (UTC). Before it gives one from after a jump, `moved(by)` has been called."""

    def __init__(
        self,
        moved: Callable[[timedelta], object],
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = boot_seconds,
    ) -> None:
        self._moved, self._wall, self._steady = moved, wall, steady
        self._offset = wall() - steady()
        self._lock = threading.RLock()

    def __call__(self) -> datetime:
        wall = self._wall()
        offset = wall - self._steady()
        if abs(offset - self._offset) > JUMP.total_seconds():
            self._follow(offset)
        else:
            self._offset = offset  # drift
        return datetime.fromtimestamp(wall, UTC)

    def _follow(self, offset: float) -> None:
        with self._lock:
            by = timedelta(seconds=offset - self._offset)
            if abs(by) <= JUMP:
                return  # another thread was here first
            _log.warning("clock_jumped", seconds=round(by.total_seconds(), 3))
            self._moved(by)
            self._offset = offset
