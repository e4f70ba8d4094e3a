"""One version number for everything that can be seen; whoever watches waits for the next one."""

from __future__ import annotations

import threading


class Changes:
    def __init__(self) -> None:
        self._version = 0
        self._changed = threading.Condition()

    @property
    def version(self) -> int:
        with self._changed:
            return self._version

    def bump(self) -> None:
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def wait(self, since: int, timeout: float) -> int:
        """Return the version as soon as it is above `since`, or when the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._version > since, timeout)
            return self._version
