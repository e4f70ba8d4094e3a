"""The Twilio twin's phones in the shape that the page has for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from connector.sandbox.chat import File, Said
from connector.sandbox.twilio.twin import TwilioTwin


class Sms:
    def __init__(self, twin: TwilioTwin) -> None:
        self._twin = twin

    def customers(self) -> Sequence[str]:
        return self._twin.customers()

    def conversation(self, customer: str) -> Sequence[Said]:
        return [
            Said(m.sid, m.direction, customer, m.text, m.at, m.status, m.error_code,
                 files=tuple(File(a.name, a.kind, a.url) for a in m.media))
            for m in self._twin.conversation(customer)
        ]  # fmt: skip

    def customer_says(self, text: str, *, customer: str) -> object:
        return self._twin.customer_says(text, from_=customer)
