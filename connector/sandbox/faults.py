"""Failures on order: which request shall fail, how, and how often."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

When = Literal["before", "after"]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request, before or after it took effect.

    Without a status the twin's own answer is used: late, reset, cut off or dripping.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None  # text, bytes, or what becomes JSON; None: the vendor's own error
    delay: float = 0.0
    when: When = "before"
    reset: bool = False  # the connection is reset instead of an answer
    half_body: bool = False  # the connection ends in the middle of the body
    drip: float | None = None  # seconds between two bytes of the body

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Fault:
        """Raise ValueError for what is no fault."""
        unknown = set(facts) - set(cls.__dataclass_fields__)
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        if facts.get("when", "before") not in ("before", "after"):
            raise ValueError("when: before or after")
        return cls(**facts)


@dataclass(frozen=True)
class Order:
    """A fault that was ordered; `left` is how often it will still happen, None for ever."""

    id: int
    match: str
    fault: Fault
    left: int | None


class FaultPlan:
    """The first order that fits a request is taken. Safe to use from several threads."""

    def __init__(self) -> None:
        self._orders: list[Order] = []
        self._lock = threading.Lock()
        self._given = 0

    def add(self, match: str, fault: Fault, times: int | None = 1) -> Order:
        """`match` is "METHOD /path" with the wildcards of a shell: "POST /api/v2/*"."""
        if times is not None and times < 1:
            raise ValueError("times: at least 1")
        with self._lock:
            self._given += 1
            order = Order(self._given, match, fault, times)
            self._orders.append(order)
            return order

    def clear(self) -> None:
        with self._lock:
            self._orders.clear()

    def active(self) -> tuple[Order, ...]:
        with self._lock:
            return tuple(self._orders)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, which is used up by it."""
        asked = f"{method} {path}"
        with self._lock:
            for place, order in enumerate(self._orders):
                if fnmatchcase(asked, order.match):
                    self._use(place, order)
                    return order.fault
        return None

    def _use(self, place: int, order: Order) -> None:
        if order.left is None:
            return
        if order.left == 1:
            del self._orders[place]
        else:
            self._orders[place] = replace(order, left=order.left - 1)
