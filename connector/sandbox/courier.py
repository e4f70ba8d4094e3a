"""A vendor's outgoing webhooks: one after another, and in any disorder that a test asks for."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import requests

Trouble = Literal["refused", "timeout", "broken"]
Outcome = int | Trouble
# What the vendor does after an attempt: the seconds until the next one, or None for never.
Retry = Callable[[Sequence[Outcome], Mapping[str, str]], float | None]


@dataclass
class Delivery:
    """One webhook. Without a `url` nothing is posted: only `before` happens, in its turn."""

    url: str | None
    body: bytes = b""
    headers: Callable[[], Mapping[str, str]] = dict
    before: Callable[[], None] = lambda: None
    after: Callable[[Delivery], None] = lambda _: None
    kind: str = ""
    attempts: list[Outcome] = field(default_factory=list)
    answer: str = ""
    sent_headers: Mapping[str, str] = field(default_factory=dict)
    dropped: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def status(self) -> int | None:
        """The last HTTP status, None if there was no answer."""
        last = self.attempts[-1] if self.attempts else None
        return last if isinstance(last, int) else None

    def wait(self, timeout: float = 10.0) -> int | None:
        """Return the status when the vendor is through with it. Raise TimeoutError."""
        if not self.done.wait(timeout):
            raise TimeoutError("the webhook is still on its way")
        return self.status


class Courier:
    """The thread that posts. Everything is safe to call from any thread."""

    def __init__(self, name: str, retry: Retry, timeout: float) -> None:
        self.deliveries: deque[Delivery] = deque(maxlen=2000)
        self._retry, self._timeout = retry, timeout
        self._due: deque[Delivery] = deque()
        self._held: list[Delivery] = []
        self._holding = False
        self._copies: deque[int] = deque()  # how often each of the next ones is posted
        self._delay = 0.0
        self._stopping = False
        self._busy = False
        self._changed = threading.Condition()
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy has no business between two loopback ports
        self._thread = threading.Thread(target=self._run, name=f"{name}-courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        self._session.close()

    def put(self, delivery: Delivery) -> Delivery:
        with self._changed:
            self.deliveries.append(delivery)
            (self._held if self._holding else self._due).append(delivery)
            self._changed.notify_all()
        return delivery

    def hold(self) -> None:
        """Keep what comes from now on until it is released."""
        with self._changed:
            self._holding = True

    def held(self) -> tuple[Delivery, ...]:
        with self._changed:
            return tuple(self._held)

    def release(self, order: Sequence[Delivery] | None = None) -> None:
        """Post what was held, in this order (those not named are lost), and hold no more."""
        with self._changed:
            named = self._held if order is None else order
            for left_out in (d for d in self._held if not any(d is n for n in named)):
                self._drop(left_out)
            self._due.extend(named)
            self._held, self._holding = [], False
            self._changed.notify_all()

    def duplicate(self, times: int = 1, copies: int = 2) -> None:
        """Post each of the next `times` deliveries so often, the same to the last byte."""
        with self._changed:
            self._copies.extend([copies] * times)

    def drop(self, times: int = 1) -> None:
        """Lose the next `times` deliveries."""
        self.duplicate(times, 0)

    def delay(self, seconds: float) -> None:
        """Wait so long before each delivery from now on."""
        with self._changed:
            self._delay = seconds

    def idle(self, timeout: float = 10.0) -> bool:
        """Wait until nothing is under way; what is held does not count."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._busy, timeout)

    def post(self, delivery: Delivery) -> int | None:
        """Post it now, from the caller's thread: copies of one webhook can arrive together."""
        with requests.Session() as session:
            session.trust_env = False
            copy = replace(delivery, attempts=[], done=threading.Event())
            headers = delivery.sent_headers or delivery.headers()
            self._attempt(session, copy, headers)
            return copy.status

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            delivery, copies = taken
            self._deliver(delivery, copies)
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _take(self) -> tuple[Delivery, int] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._due or self._stopping)
            if self._stopping:
                return None
            self._busy = True
            delivery = self._due.popleft()
            return delivery, self._copies.popleft() if delivery.url and self._copies else 1

    def _deliver(self, delivery: Delivery, copies: int) -> None:
        if copies == 0:
            self._drop(delivery)
            return
        delivery.before()
        if delivery.url is not None and self._pause(self._delay):
            for _ in range(copies):
                self._until_taken(delivery)
            delivery.after(delivery)
        delivery.done.set()

    @staticmethod
    def _drop(delivery: Delivery) -> None:
        delivery.dropped = True
        delivery.done.set()

    def _until_taken(self, delivery: Delivery) -> None:
        for tried in itertools.count():
            if tried or not delivery.sent_headers:
                delivery.sent_headers = dict(delivery.headers())
            answered = self._attempt(self._session, delivery, delivery.sent_headers)
            pause = self._retry(delivery.attempts[-tried - 1 :], answered)
            if pause is None or not self._pause(pause):
                return

    def _attempt(
        self, session: requests.Session, delivery: Delivery, headers: Mapping[str, str]
    ) -> Mapping[str, str]:
        outcome: Outcome
        answered: Mapping[str, str] = {}
        try:
            answer = session.post(
                delivery.url or "",
                data=delivery.body,
                headers=dict(headers),
                timeout=self._timeout,
                allow_redirects=False,
            )
            outcome, answered, delivery.answer = answer.status_code, answer.headers, answer.text
        except requests.Timeout:
            outcome = "timeout"
        except requests.RequestException as error:  # also an answer that ends in its middle
            outcome = "refused" if "NewConnectionError" in repr(error) else "broken"
        delivery.attempts.append(outcome)
        return answered

    def _pause(self, seconds: float) -> bool:
        """False if the courier is to stop."""
        with self._changed:
            return not self._changed.wait_for(lambda: self._stopping, seconds)


def never(_attempts: Sequence[Outcome], _headers: Mapping[str, str]) -> None:
    """No retries."""
