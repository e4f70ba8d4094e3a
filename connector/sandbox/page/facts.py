"""The connector's newest facts, kept for the page."""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from connector.sandbox.page.sources import Fact

_LOG_OWN = frozenset({"event", "level", "timestamp", "logger"})


class RecentFacts:
    """Takes facts from any thread and keeps the newest; `changed` is called after each."""

    def __init__(self, changed: Callable[[], None], keep: int = 300) -> None:
        self._changed = changed
        self._facts: deque[Fact] = deque(maxlen=keep)
        self._lock = threading.Lock()
        self._told = 0

    def add(self, name: str, /, **fields: object) -> None:
        with self._lock:
            self._told += 1
            self._facts.append(Fact(self._told, datetime.now(UTC), name, fields))
        self._changed()

    def hear(self, line: Mapping[str, object]) -> None:
        """Take one log line, as the connector's log hands it to those who listen."""
        fields = {key: value for key, value in line.items() if key not in _LOG_OWN}
        self.add(str(line.get("event", "fact")), **fields)

    def facts(self) -> Sequence[Fact]:
        with self._lock:
            return list(self._facts)
