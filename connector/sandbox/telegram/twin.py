"""One bot and everybody who ever wrote to it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.changes import Changes
from connector.sandbox.chat import Chats, RefusedError, Said
from connector.sandbox.courier import Courier, Delivery, Outcome
from connector.sandbox.telegram.api import Api
from connector.sandbox.twin import Now, Twin, utc_now

WEBHOOK_TIMEOUT = 10.0
RETRIES = 5
TYPING = timedelta(seconds=5)
UPDATES = ("message", "edited_message", "callback_query", "message_reaction", "my_chat_member")


class TelegramTwin(Twin):
    """Updates are posted to `webhook_url` with the secret that `setWebhook` was told."""

    name = "telegram"

    def __init__(
        self,
        bot_token: str,
        webhook_url: str = "",
        secret_token: str = "",
        *,
        changes: Changes | None = None,
        now: Now = utc_now,
        port: int = 0,
    ) -> None:
        self.bot_token = bot_token
        self.webhook_url, self.secret_token = webhook_url, secret_token
        self.allowed_updates: list[str] = []
        self.files: dict[str, tuple[str, bytes]] = {}
        self._names: dict[str, str] = {}
        self._blocked: set[str] = set()
        self.keys: dict[str, tuple[str, ...]] = {}  # on each customer's screen
        self._update, self._message = itertools.count(10_000), itertools.count(1)
        courier = Courier(self.name, _retry, WEBHOOK_TIMEOUT)
        super().__init__(Api(self).app, courier, changes, now, port)
        self.chats = Chats(self.changes)

    # What the customer does

    def customer_says(
        self, text: str, *, customer: str, name: str = "Zoe", **more: Any
    ) -> Delivery:
        """The words are in the chat at once, and on their way. `more` are fields of the message."""
        number, update = next(self._message), next(self._update)
        with self.lock:
            self._names[customer] = name
        self.chats.add(Said(str(update), "inbound", customer, text, self.now(), "sent"))
        message = {
            "message_id": number,
            "date": int(self.now().timestamp()),
            "from": self._person(customer),
            "chat": self._chat(customer),
            **({"text": text} if text else {}),
            **more,
        }
        return self._post({"update_id": update, "message": message})

    def customer_taps(self, choice: str, *, customer: str) -> Delivery:
        """A key writes its text; after that it is off the screen."""
        with self.lock:
            if choice not in self.keys.get(customer, ()):
                raise LookupError(f"there is no key {choice!r}")
            self.keys[customer] = ()
        return self.customer_says(choice, customer=customer)

    def customer_sends_file(
        self, name: str, kind: str, data: bytes, *, customer: str, caption: str = ""
    ) -> Delivery:
        file = f"BQAC{len(self.files)}"
        self.files[file] = (name, data)
        document = {"file_id": file, "file_unique_id": file, "file_name": name, "mime_type": kind,
                    "file_size": len(data)}  # fmt: skip
        return self.customer_says("", customer=customer, document=document, caption=caption)

    def blocks(self, customer: str, on: bool = True) -> Delivery:
        """The customer blocks the bot, or lets it in again."""
        states = ("member", "kicked") if on else ("kicked", "member")
        with self.lock:
            (self._blocked.add if on else self._blocked.discard)(customer)
        return self._post({
            "update_id": next(self._update),
            "my_chat_member": {
                "chat": self._chat(customer),
                "from": self._person(customer),
                "date": int(self.now().timestamp()),
                "old_chat_member": {"status": states[0]},
                "new_chat_member": {"status": states[1]},
            }
        })  # fmt: skip

    def _person(self, customer: str) -> dict[str, Any]:
        name = self._names.get(customer, "Zoe")
        return {"id": int(customer), "is_bot": False, "first_name": name, "language_code": "en"}

    def _chat(self, customer: str) -> dict[str, Any]:
        name = self._names.get(customer, "Zoe")
        return {"id": int(customer), "type": "private", "first_name": name}

    def _post(self, update: Mapping[str, Any]) -> Delivery:
        body = json.dumps(update).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Telegram-Bot-Api-Secret-Token": self.secret_token,
        }
        return self.courier.put(
            Delivery(self.webhook_url or None, body, lambda: headers, kind="update")
        )

    # What the bot does

    def set_webhook(self, given: Mapping[str, Any]) -> None:
        self.webhook_url = str(given.get("url", ""))
        self.secret_token = str(given.get("secret_token", ""))
        self.allowed_updates = list(given.get("allowed_updates", []))

    def webhook_info(self) -> dict[str, Any]:
        failed = [d for d in self.courier.deliveries if d.status not in (None, 200)]
        info = {"url": self.webhook_url, "has_custom_certificate": False,
                "pending_update_count": len(failed), "allowed_updates": self.allowed_updates}  # fmt: skip
        if failed:
            info["last_error_message"] = f"Wrong response from the webhook: {failed[-1].status}"
        return info

    def _may_write(self, customer: str) -> None:
        """Raise RefusedError as Telegram would."""
        if customer in self._blocked:
            raise RefusedError(403, 403, "Forbidden: bot was blocked by the user")
        if customer not in self.chats.customers():
            raise RefusedError(400, 400, "Bad Request: chat not found")

    def chat_action(self, customer: str, action: str) -> None:
        self._may_write(customer)
        if action == "typing":
            self.chats.type(customer, self.now(), TYPING)

    def accept(
        self, customer: str, text: str, media: str, choices: tuple[str, ...] | None = None
    ) -> dict[str, Any]:
        """Take a message of the bot. Raise RefusedError as Telegram would.

        Keys stay on the screen until they are tapped or taken away: None leaves them alone.
        """
        with self.lock:
            self._may_write(customer)
            number = next(self._message)
            shown = self.keys.get(customer, ()) if choices is None else choices
            self.keys[customer] = shown
        known = f"{customer}:{number}"  # numbers are counted anew in each chat
        said = Said(
            known, "outbound", customer, text, self.now(), "sent", media=media, choices=shown
        )
        self.chats.add(said)
        return {
            "message_id": number,
            "date": int(self.now().timestamp()),
            "chat": self._chat(customer),
            "text": text,
        }

    # What a test or the page asks

    def conversation(self, customer: str) -> list[Said]:
        """What the customer's phone shows, oldest first."""
        return self.chats.of(customer)

    def customers(self) -> list[str]:
        return self.chats.customers()

    def typing_until(self, customer: str) -> datetime | None:
        return self.chats.typing_until(customer)

    def error(self, status: int) -> Any:
        known = {401: "Unauthorized", 429: "Too Many Requests: retry after 5"}
        more = {"parameters": {"retry_after": 5}} if status == 429 else {}
        sentence = known.get(status, "Internal Server Error")
        return {"ok": False, "error_code": status, "description": sentence, **more}

    def state(self) -> Any:
        with self.lock:
            return {"messages": self.chats.state(), "blocked": sorted(self._blocked)}

    def actions(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "customer_says": lambda **said: self.customer_says(**said).body.decode(),
            "customer_taps": lambda **tap: self.customer_taps(**tap).body.decode(),
            "blocks": lambda **who: self.blocks(**who).body.decode(),
            "conversation": self.conversation,
            "hold": self.courier.hold,
            "release": self.courier.release,
            "drop": self.courier.drop,
            "duplicate": self.courier.duplicate,
            "idle": self.courier.idle,
        }


def _retry(attempts: Sequence[Outcome], _headers: Mapping[str, str]) -> float | None:
    """Anything but 2xx is posted again, a few times."""
    last = attempts[-1]
    taken = isinstance(last, int) and 200 <= last < 300
    return None if taken or len(attempts) > RETRIES else 0.05 * len(attempts)
