"""Periodic duties: each has a thread of its own here, and is done by one process of a fleet at a time.

A thread each, because a provider that hangs must not keep the others from being asked in time. In a
thread a duty never runs twice at once; across processes its claim lasts until it is due again, and
its work stops between two calls when that time has come.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connector import log
from connector.errors import ProviderError, Transient
from connector.storage import duties
from connector.storage.engine import Database

LOOK_SECONDS = 5.0  # another process may have moved its time
OFF_SECONDS = 3600.0  # a right that was missing may have been given
RETRY_SECONDS = 5.0  # after a failure of our own: mostly the database, which may come back
# Periods are shortened by up to this share, so that duties begun together drift apart, and those
# who wait for the same one ask after different moments.
JITTER = 0.05
SPREAD_SECONDS = 0.5
SOONEST, LATEST = timedelta(seconds=1), timedelta(hours=1)  # a Retry-After is kept between

_log = log.get(__name__)
GoesOn = Callable[[], bool]


class Off(Exception):
    """Others must change something before this duty can be done; the text says what."""


@dataclass(frozen=True)
class Duty:
    """`work` asks between two calls whether it goes on; it may give a time to be called again.

    What it raises costs this turn only, except Off.
    """

    name: str
    period: timedelta
    work: Callable[[GoesOn], datetime | None]
    at_start: bool = False  # also as soon as a process starts


class Ticker:
    def __init__(
        self,
        db: Database,
        given: Sequence[Duty],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._db = db
        self._now = now
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep, args=(d,), name=f"duty-{d.name}", daemon=True)
            for d in given
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float) -> bool:
        """Begin nothing new; False if a call was still under way after `seconds`.

        Such a call does no harm: what it would have told is asked for again.
        """
        self._stopping.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(deadline - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in self._threads)

    def plan(self, duty: Duty) -> None:
        """A period that became shorter, or a clock that was wrong, must not delay it for long."""
        at = self._now() + (timedelta() if duty.at_start else duty.period)
        self._db.write(lambda c: duties.plan(c, duty.name, at))

    def turn(self, duty: Duty) -> float:
        """Do it if it is due and nobody else does; then the seconds until the next look."""
        now = self._now()
        due = self._db.read(lambda c: duties.due(c, duty.name))
        if due is None or due > now:
            wait = LOOK_SECONDS if due is None else (due - now).total_seconds()
            return min(wait + random.uniform(0, SPREAD_SECONDS), LOOK_SECONDS)  # noqa: S311
        claimed = now + duty.period * (1 - random.uniform(0, JITTER))  # noqa: S311
        if self._db.write(lambda c: duties.claim(c, duty.name, now, claimed)):
            self._work(duty, claimed)
        return 0.0

    def _work(self, duty: Duty, claimed: datetime) -> None:
        try:
            at = duty.work(lambda: not self._stopping.is_set() and self._now() < claimed)
        except ProviderError as error:
            at = self._after(error)
            _log.warning("duty_failed", duty=duty.name, error=type(error).__name__,
                         provider=error.provider, operation=error.operation, status=error.status,
                         code=error.code, retry_at=(at or claimed).isoformat())  # fmt: skip
        if at is not None:
            again = at
            self._db.write(lambda c: duties.again(c, duty.name, claimed, again))

    def _after(self, error: ProviderError) -> datetime | None:
        """When the provider asked to be called again; None: when it is due anyway."""
        asked = error.retry_after if isinstance(error, Transient) else None
        return None if asked is None else self._now() + min(max(asked, SOONEST), LATEST)

    def _keep(self, duty: Duty) -> None:
        """The thread of one duty."""
        wait, planned = 0.0, False
        while not self._stopping.wait(wait):
            try:
                if not planned:
                    self.plan(duty)
                planned = True
                wait = self.turn(duty)
            except Off as reason:
                _log.warning("duty_off", duty=duty.name, reason=str(reason))
                wait = OFF_SECONDS
            except Exception as error:
                _log.error("duty_failed", duty=duty.name, error=type(error).__name__)
                wait = RETRY_SECONDS
