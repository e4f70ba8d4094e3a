"""One number at Meta and everybody who ever wrote to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from connector.sandbox.changes import Changes
from connector.sandbox.chat import Chats, RefusedError, Said
from connector.sandbox.courier import Courier, Delivery
from connector.sandbox.meta import WEBHOOK_TIMEOUT, retry, shake_hands, signed
from connector.sandbox.twin import Now, Twin, utc_now
from connector.sandbox.whatsapp.api import Api, worded

TYPING = timedelta(seconds=25)
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
        self.templates = {"answer": "Northwind about your request: {{1}} Reply to go on."}
        courier = Courier(self.name, retry, WEBHOOK_TIMEOUT)
        super().__init__(Api(self).app, courier, changes, now, port)
        self.chats = Chats(self.changes)

    # What the customer does

    def customer_says(
        self, text: str, *, customer: str, name: str = "Zoe", **more: Any
    ) -> Delivery:
        """The words are in the chat at once, and on their way. `more` are fields of the message."""
        message = {"type": "text", "text": {"body": text}, **more}
        return self._write(text, message, customer, name)

    def customer_taps(self, choice: str, *, customer: str) -> Delivery:
        """One of the buttons under the newest message that has it."""
        shown = [s for s in self.chats.of(customer) if choice in s.choices]
        if not shown:
            raise LookupError(f"there is no button {choice!r}")
        number = shown[-1].choices.index(choice) + 1
        reply = {"id": f"choice-{number}", "title": choice}
        interactive = {"type": "button_reply", "button_reply": reply}
        context = {"from": "12025550101", "id": shown[-1].id}
        told = {"type": "interactive", "interactive": interactive, "context": context}
        return self._write(choice, told, customer, "Zoe")

    def customer_sends_file(
        self, kind: str, data: bytes, *, customer: str, caption: str = ""
    ) -> Delivery:
        file = str(10**15 + len(self.files))
        self.files[file] = (kind, data)
        told = {"type": "image", "image": {"id": file, "mime_type": kind, "caption": caption}}
        return self._write(caption, told, customer, "Zoe")

    def _write(self, text: str, told: dict[str, Any], customer: str, name: str) -> Delivery:
        identity = f"wamid.{token_hex(12)}"
        self.chats.add(Said(identity, "inbound", customer, text, self.now(), "received"))
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
        headers = signed(body, self.app_secret)
        delivery = Delivery(
            self.webhook_url or None, body, lambda: headers, before=before, kind=kind
        )
        return self.courier.put(delivery)

    # What the business does

    def shake_hands(self, verify_token: str) -> tuple[int, str]:
        """What Meta does when the callback URL is set: status and body of the answer."""
        return shake_hands(self.webhook_url, verify_token)

    def read(self, message: str, *, typing: bool) -> None:
        """Raise RefusedError for what no customer wrote."""
        found = self.chats.find(message)
        if found is None or found.direction != "inbound":
            raise RefusedError(400, 131009, "Parameter value is not valid")
        self.chats.read(found.customer, message)
        if typing:
            self.chats.type(found.customer, self.now(), TYPING)

    def accept(
        self, customer: str, text: str, media: str = "", choices: tuple[str, ...] = (),
        *, template: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """Take a message; its status moves on by itself. What is refused late is `failed`."""
        identity = f"wamid.{token_hex(12)}"
        free = template or self.chats.wrote_since(customer, self.now() - WINDOW)
        said = Said(identity, "outbound", customer, text, self.now(), "accepted", media=media,
                    choices=choices)  # fmt: skip
        self.chats.add(said)
        for status in ("sent", "delivered") if free else ("failed",):
            self._move(said, status)
        contact = {"input": customer, **self._named(customer)}
        return {
            "messaging_product": "whatsapp",
            "contacts": [contact],
            "messages": [{"id": identity}],
        }

    def _move(self, said: Said, status: str) -> None:
        def before() -> None:
            self.chats.move(said, status, CLOSED if status == "failed" else None)

        told: dict[str, Any] = {"id": said.id, "status": status, "timestamp": self._seconds()}
        key = "recipient_id" if said.customer.startswith("+") else "recipient_user_id"
        told[key] = said.customer.removeprefix("+")
        if status == "failed":
            told["errors"] = [{"code": CLOSED, "title": "Re-engagement message"}]
        self._post(f"status:{status}", {"statuses": [told]}, before)

    # What a test or the page asks

    def conversation(self, customer: str) -> list[Said]:
        """What the customer's phone shows, oldest first."""
        return self.chats.of(customer)

    def customers(self) -> list[str]:
        return self.chats.customers()

    def typing_until(self, customer: str) -> datetime | None:
        return self.chats.typing_until(customer)

    def error(self, status: int) -> Any:
        code, sentence = {
            401: (190, "Invalid OAuth access token"),
            429: (130429, "Rate limit hit"),
        }.get(status, (131000, "Something went wrong"))
        return worded(code, sentence)

    def state(self) -> Any:
        return {"messages": self.chats.state()}

    def actions(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "customer_says": lambda **said: self.customer_says(**said).body.decode(),
            "customer_taps": lambda **tap: self.customer_taps(**tap).body.decode(),
            "conversation": self.conversation,
            "shake_hands": self.shake_hands,
            "hold": self.courier.hold,
            "release": self.courier.release,
            "drop": self.courier.drop,
            "duplicate": self.courier.duplicate,
            "idle": self.courier.idle,
        }
