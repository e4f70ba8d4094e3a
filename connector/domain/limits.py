"""How fast one may go: a provider's limit as a rate with a burst, and whether one more fits.

The generic cell rate algorithm: one time is kept for each limit, the one at which the next would
arrive if all came evenly. It needs no count, no window and no clock of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Limit:
    """At most `burst` at once, and one more for each `every` that goes by.

    In any span of time no more than burst + span / every leave.
    """

    name: str  # the same in all processes: "helpdesk:main:ticket:12"
    every: timedelta
    burst: int


def wait_until(limit: Limit, arrival: datetime | None, now: datetime) -> datetime | None:
    """When one more may leave; None: now. `arrival` is what was kept, None if nothing was."""
    if arrival is None:
        return None
    earliest = arrival - (limit.burst - 1) * limit.every
    return earliest if earliest > now else None


def taken(limit: Limit, arrival: datetime | None, now: datetime) -> datetime:
    """What to keep once one more has left."""
    return (now if arrival is None else max(arrival, now)) + limit.every


def spare(limit: Limit, arrival: datetime | None, now: datetime) -> int:
    """How many more could leave now."""
    if arrival is None or arrival <= now:
        return limit.burst
    return max(limit.burst - -(-(arrival - now) // limit.every), 0)
