"""A step that can be held, and that notes what ran and whether it ever ran twice at once."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime
from queue import SimpleQueue

from connector.domain.ids import ConversationId
from connector.domain.lanes import Lane

A, B = Lane(ConversationId("a"), "inbox"), Lane(ConversationId("b"), "inbox")
SOON = 5.0


class Steps:
    def __init__(self) -> None:
        self.ran: SimpleQueue[Lane] = SimpleQueue()
        self.running: Counter[Lane] = Counter()
        self.overlaps = 0
        self.gate = threading.Event()
        self.gate.set()
        self.answers: dict[Lane, list[datetime | Exception | None]] = {}
        self.lock = threading.Lock()

    def __call__(self, lane: Lane) -> datetime | None:
        with self.lock:
            self.running[lane] += 1
            self.overlaps += self.running[lane] > 1
        self.ran.put(lane)
        self.gate.wait(SOON)
        with self.lock:
            self.running[lane] -= 1
            answer = (self.answers.get(lane) or [None]).pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer
