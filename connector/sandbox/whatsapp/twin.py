"""One number at Meta and everybody who ever wrote to it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from secrets import token_hex
from typing import Any

import requests

from connector.sandbox.changes import Changes
from connector.sandbox.chat import Said
from connector.sandbox.courier import Courier, Delivery, Outcome
from connector.sandbox.twin import Now, Twin, utc_now
from connector.sandbox.whatsapp.api import Api, error_body

WEBHOOK_TIMEOUT = 10.0
RETRIES = 5
WINDOW = timedelta(hours=24)  # after a customer's message one may write freely
CLOSED = 131047


class WhatsAppTwin(Twin):
    """A customer is a phone number with a plus, or a user's id such as US.13 whose number is withheld."""

    name = "whatsapp"

    def __init__(
        self,
        phone_number_id: str,
        access_token: str,
        app_secret: str,
        webhook_url: str = "",
        *,
        changes: Changes | None = None,
        now: Now = utc_now,
        port: int = 0,
    ) -> None:
        self.phone_number_id, self.access_token = phone_number_id, access_token
        self.app_secret, self.webhook_url = app_secret, webhook_url
        self.files: dict[str, tuple[str, bytes]] = {}
        self._said: list[Said] = []
        courier = Courier(self.name, _retry, WEBHOOK_TIMEOUT)
        super().__init__(Api(self).app, courier, changes, now, port)

    # What the customer does

    def customer_says(
        self, text: str, *, customer: str, name: str = "Zoe", **more: Any
    ) -> Delivery:
        """The words are in the chat at once, and on their way. `more` are fields of the message."""
        message = {"type": "text", "text": {"body": text}, **more}
        return self._write(text, message, customer, name)

    def customer_sends_file(
        self, kind: str, data: bytes, *, customer: str, caption: str = ""
    ) -> Delivery:
        file = str(10**15 + len(self.files))
        self.files[file] = (kind, data)
        told = {"type": "image", "image": {"id": file, "mime_type": kind, "caption": caption}}
        return self._write(caption, told, customer, "Zoe")

    def _write(self, text: str, told: dict[str, Any], customer: str, name: str) -> Delivery:
        identity = f"wamid.{token_hex(12)}"
        with self.lock:
            self._said.append(Said(identity, "inbound", customer, text, self.now(), "received"))
        self.changes.bump()
        who = {"from": customer[1:]} if customer.startswith("+") else {"from_user_id": customer}
        contact = {"profile": {"name": name}, **self._named(customer), **told.pop("contact", {})}
        message = {**who, "id": identity, "timestamp": self._seconds(), **told}
        return self._post("message", {"contacts": [contact], "messages": [message]})

    @staticmethod
    def _named(customer: str) -> dict[str, str]:
        return {"wa_id": customer[1:]} if customer.startswith("+") else {"user_id": customer}

    def _seconds(self) -> str:
        return str(int(self.now().timestamp()))

    def _post(
        self, kind: str, value: Mapping[str, Any], before: Callable[[], None] = lambda: None
    ) -> Delivery:
        ours = {"display_phone_number": "12025550101", "phone_number_id": self.phone_number_id}
        change = {
            "field": "messages",
            "value": {"messaging_product": "whatsapp", "metadata": ours, **value},
        }
        told = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
        body = json.dumps(told).encode()
        digest = hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}
        delivery = Delivery(
            self.webhook_url or None, body, lambda: headers, before=before, kind=kind
        )
        return self.courier.put(delivery)

    # What the business does

    def shake_hands(self, verify_token: str) -> tuple[int, str]:
        """What Meta does when the callback URL is set: status and body of the answer."""
        asked = {
            "hub.mode": "subscribe",
            "hub.verify_token": verify_token,
            "hub.challenge": "1158201444",
        }
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(self.webhook_url, params=asked, timeout=WEBHOOK_TIMEOUT)
        return answer.status_code, answer.text

    def accept(self, customer: str, text: str, media: str) -> dict[str, Any]:
        """Take a message; its status moves on by itself. What is refused late is `failed`."""
        identity = f"wamid.{token_hex(12)}"
        said = Said(identity, "outbound", customer, text, self.now(), "accepted", media=media)
        with self.lock:
            since = self.now() - WINDOW
            wrote = [s for s in self._said if s.customer == customer and s.direction == "inbound"]
            open_ = any(s.at >= since for s in wrote)
            self._said.append(said)
        self.changes.bump()
        for status in ("sent", "delivered") if open_ else ("failed",):
            self._move(said, status)
        contact = {"input": customer, **self._named(customer)}
        return {
            "messaging_product": "whatsapp",
            "contacts": [contact],
            "messages": [{"id": identity}],
        }

    def _move(self, said: Said, status: str) -> None:
        def before() -> None:
            with self.lock:
                said.status = status
                said.error_code = CLOSED if status == "failed" else None
            self.changes.bump()

        told: dict[str, Any] = {"id": said.id, "status": status, "timestamp": self._seconds()}
        key = "recipient_id" if said.customer.startswith("+") else "recipient_user_id"
        told[key] = said.customer.removeprefix("+")
        if status == "failed":
            told["errors"] = [{"code": CLOSED, "title": "Re-engagement message"}]
        self._post(f"status:{status}", {"statuses": [told]}, before)

    # What a test or the page asks

    def conversation(self, customer: str) -> list[Said]:
        """What the customer's phone shows, oldest first."""
        with self.lock:
            return [said for said in self._said if said.customer == customer]

    def customers(self) -> list[str]:
        with self.lock:
            return list(dict.fromkeys(said.customer for said in self._said))

    def error(self, status: int) -> Any:
        code, sentence = {
            401: (190, "Invalid OAuth access token"),
            429: (130429, "Rate limit hit"),
        }.get(status, (131000, "Something went wrong"))
        return error_body(code, sentence)

    def state(self) -> Any:
        with self.lock:
            return {"messages": [asdict(said) for said in self._said]}

    def actions(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "customer_says": lambda **said: self.customer_says(**said).body.decode(),
            "conversation": self.conversation,
            "shake_hands": self.shake_hands,
            "hold": self.courier.hold,
            "release": self.courier.release,
            "drop": self.courier.drop,
            "duplicate": self.courier.duplicate,
            "idle": self.courier.idle,
        }


def _retry(attempts: Sequence[Outcome], _headers: Mapping[str, str]) -> float | None:
    """Anything but 2xx is posted again: for days in truth, a few times here."""
    last = attempts[-1]
    taken = isinstance(last, int) and 200 <= last < 300
    return None if taken or len(attempts) > RETRIES else 0.05 * len(attempts)
