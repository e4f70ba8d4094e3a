"""What a runner is: it wakes lanes, each one at a time. The database is the truth, not the runner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal, Protocol

from connector.domain.lanes import Lane

# Do what is due on a lane; say when there will be more, or None.
Step = Callable[[Lane], datetime | None]
# What a process of a fleet is: `wsgi` is a web process that a WSGI server has started.
Role = Literal["web", "wsgi", "worker"]


class Runner(Protocol):
    def start(self) -> None: ...

    def wake(self, lane: Lane, at: datetime | None = None) -> None:
        """Run the lane now, or at `at` (UTC). Never twice at once; a wake-up during a run counts."""
        ...

    def stop(self, seconds: float) -> bool:
        """Take nothing new, let what runs finish; False if it did not within `seconds`."""
        ...
