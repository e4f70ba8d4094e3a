"""Notifications: signed, told once more after a failure, and no more after 410."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import requests

from connector.sandbox.courier import Courier, Delivery, Outcome

TIMEOUT = 5.0
AGAIN = 0.2  # seconds; a minute in truth
GONE = 410


class Notices:
    """To `url`, signed with `secret`, for the topics that the app subscribes to."""

    def __init__(self, url: str, secret: str, app_id: str, now: Callable[[], datetime]) -> None:
        self.url, self.secret = url, secret
        self.topics: frozenset[str] | None = None  # None: all of them
        self._app, self._now, self._count = app_id, now, 0
        self.courier = Courier("intercom", _retry, TIMEOUT)

    def put(self, topic: str, item: Mapping[str, Any]) -> Delivery:
        """On its way, unless nobody wants it."""
        self._count += 1
        wanted = self.url and (self.topics is None or topic in self.topics)
        identity = None if topic == "ping" else f"notif_{self._count:04}"
        return self.send({"id": identity, "topic": topic}, item, self.url if wanted else None)

    def send(self, head: Mapping[str, Any], item: Mapping[str, Any], url: str | None) -> Delivery:
        at = int(self._now().timestamp())
        told = {
            "type": "notification_event", "app_id": self._app,
            "data": {"type": "notification_event_data", "item": item}, "links": {}, **head,
            "delivery_status": "pending", "delivery_attempts": 1, "delivered_at": 0,
            "first_sent_at": at, "created_at": at, "self": None,
        }  # fmt: skip
        body = json.dumps(told).encode()
        return self.courier.put(
            Delivery(
                url, body, lambda: self._headers(body), after=self._after, kind=str(head["topic"])
            )
        )

    def look(self) -> int:
        """HEAD, as when the address is typed in; the status."""
        with requests.Session() as session:
            session.trust_env = False
            return session.head(self.url, timeout=TIMEOUT).status_code

    def _headers(self, body: bytes) -> Mapping[str, str]:
        digest = hmac.new(self.secret.encode(), body, hashlib.sha1).hexdigest()
        return {"Content-Type": "application/json", "X-Hub-Signature": f"sha1={digest}"}

    def _after(self, delivery: Delivery) -> None:
        if delivery.status == GONE:
            self.url = ""  # the subscription is over


def _retry(attempts: Sequence[Outcome], _headers: Mapping[str, str]) -> float | None:
    last = attempts[-1]
    taken = isinstance(last, int) and (200 <= last < 300 or last == GONE)
    return None if taken or len(attempts) > 1 else AGAIN
