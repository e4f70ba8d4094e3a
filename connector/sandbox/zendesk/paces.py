"""How often the API's user may update one ticket: 30 times in any 10 minutes."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from connector.sandbox.zendesk.refusals import too_many

UPDATES, WITHIN = 30, timedelta(minutes=10)


class Paces:
    """Not safe on its own: the twin's lock is held around each call."""

    def __init__(self) -> None:
        self._updates: dict[int, deque[datetime]] = {}

    def count(self, ticket: int, now: datetime) -> None:
        """Raise RefusedError for one too many; a refused one does not count."""
        taken = self._updates.setdefault(ticket, deque())
        while taken and taken[0] <= now - WITHIN:
            taken.popleft()
        if len(taken) >= UPDATES:
            left = taken[0] + WITHIN - now
            raise too_many(max(1, -(-left // timedelta(seconds=1))))
        taken.append(now)
