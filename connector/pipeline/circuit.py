"""When an upstream is left alone, and for how long: pure."""

from __future__ import annotations

from datetime import timedelta

from connector.errors import ProviderError, Transient, Uncertain

THRESHOLD = 5  # failures in a row
FIRST, LONGEST = timedelta(seconds=2), timedelta(seconds=30)
# How long the others wait for what one call finds out: longer than any call may take.
PROBING = timedelta(seconds=40)
# It answers, and says no for now: that is no outage.
_ANSWERS = frozenset({409, 423, 425, 429})


def is_outage(error: ProviderError) -> bool:
    """Whether this says something of the upstream, not of this one call."""
    return isinstance(error, Transient | Uncertain) and error.status not in _ANSWERS


def pause(failures: int) -> timedelta | None:
    """How long to leave it alone after so many failures in a row; None: go on."""
    over = failures - THRESHOLD
    if over < 0:
        return None
    longest: timedelta = min(FIRST * 2 ** min(over, 10), LONGEST)
    return longest
