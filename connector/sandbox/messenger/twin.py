"""One page and everybody who ever wrote to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from connector.sandbox.changes import Changes
from connector.sandbox.chat import Chats, File, RefusedError, Said
from connector.sandbox.courier import Courier, Delivery
from connector.sandbox.messenger.api import Api
from connector.sandbox.meta import WEBHOOK_TIMEOUT, error_body, retry, shake_hands, signed
from connector.sandbox.twin import Now, Twin, utc_now

WINDOW, HUMAN_WINDOW = timedelta(hours=24), timedelta(days=7)
TYPING = timedelta(seconds=20)
OUTSIDE = 2018278  # the subcode of a message that is sent too late
APP = 263902037430900


class MessengerTwin(Twin):
    """A customer is a number that is good for this page alone."""

    name = "messenger"

    def __init__(
        self,
        page_id: str,
        access_token: str,
        app_secret: str,
        webhook_url: str = "",
        *,
        changes: Changes | None = None,
        now: Now = utc_now,
        port: int = 0,
    ) -> None:
        self.page_id, self.access_token = page_id, access_token
        self.app_secret, self.webhook_url = app_secret, webhook_url
        self.human_agent = True  # Meta has granted the page this feature
        self.files: dict[str, tuple[str, bytes]] = {}
        self._blocked: set[str] = set()
        courier = Courier(self.name, retry, WEBHOOK_TIMEOUT)
        super().__init__(Api(self).app, courier, changes, now, port)
        self.chats = Chats(self.changes)

    # What the customer does

    def customer_says(self, text: str, *, customer: str, **more: Any) -> Delivery:
        """The words are in the chat at once, and on their way. `more` are fields of the message."""
        said = self._said("inbound", customer, text, "received")
        message = {"mid": said.id, **({"text": text} if text else {}), **more}
        return self._post("message", customer, {"message": message})

    def customer_taps(self, choice: str, *, customer: str) -> Delivery:
        """One of the quick replies under the newest message; they go away with the next one."""
        shown = self.chats.of(customer)
        if not shown or choice not in shown[-1].choices:
            raise LookupError(f"there is no quick reply {choice!r}")
        return self.customer_says(choice, customer=customer, quick_reply={"payload": choice})

    def customer_sends_file(
        self, kind: str, data: bytes, *, customer: str, text: str = ""
    ) -> Delivery:
        file = f"{len(self.files) + 1}.{kind.partition('/')[2]}"
        self.files[file] = (kind, data)
        family = kind.partition("/")[0]
        family = family if family in ("image", "video", "audio") else "file"
        attachment = {"type": family, "payload": {"url": f"{self.url}/files/{file}"}}
        return self.customer_says(text, customer=customer, attachments=[attachment])

    def customer_does(self, kind: str, told: Mapping[str, Any], *, customer: str) -> Delivery:
        """Something else than writing: a `reaction`, a `postback`, a `message_edit`, ..."""
        return self._post(kind, customer, {kind: told})

    def blocks(self, customer: str, on: bool = True) -> None:
        """Messenger tells nobody; the next message of the page's is refused."""
        with self.lock:
            (self._blocked.add if on else self._blocked.discard)(customer)

    def _said(self, direction: Any, customer: str, text: str, status: str, **more: Any) -> Said:
        identity = f"m_{token_hex(12)}"
        said = Said(identity, direction, customer, text, self.now(), status, **more)
        return self.chats.add(said)

    def _post(
        self,
        kind: str,
        customer: str,
        told: Mapping[str, Any],
        *,
        echo: bool = False,
        before: Callable[[], None] = lambda: None,
    ) -> Delivery:
        moment = int(self.now().timestamp() * 1000)
        sender, recipient = (self.page_id, customer) if echo else (customer, self.page_id)
        event = {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": moment}
        entry = {"id": self.page_id, "time": moment, "messaging": [{**event, **told}]}
        body = json.dumps({"object": "page", "entry": [entry]}).encode()
        headers = signed(body, self.app_secret)
        url = self.webhook_url or None
        return self.courier.put(Delivery(url, body, lambda: headers, before=before, kind=kind))

    # What the page does

    def shake_hands(self, verify_token: str) -> tuple[int, str]:
        """What Meta does when the callback URL is set: status and body of the answer."""
        return shake_hands(self.webhook_url, verify_token)

    def may_write(self, customer: str, messaging_type: str, tag: object) -> None:
        """Raise RefusedError as Messenger would."""
        if customer not in self.chats.customers():
            raise RefusedError(400, 100, "No matching user found", 2018001)
        if customer in self._blocked:
            raise RefusedError(400, 551, "This person isn't available right now.", 1545041)
        human = messaging_type == "MESSAGE_TAG" and tag == "HUMAN_AGENT"
        if messaging_type not in ("RESPONSE", "UPDATE") and not (human and self.human_agent):
            raise RefusedError(400, 100, "Invalid messaging_type, or a tag that was not granted")
        lately = self.now() - (HUMAN_WINDOW if human else WINDOW)
        if not self.chats.wrote_since(customer, lately):
            sentence = "This message is sent outside of allowed window."
            raise RefusedError(400, 10, sentence, OUTSIDE)

    def accept(
        self, customer: str, text: str, media: str = "", choices: tuple[str, ...] = ()
    ) -> str:
        """Take a message and give its id; it comes back as an echo, and is told to be delivered."""
        files = (File("file", "file", media),) if media else ()
        said = self._said(
            "outbound", customer, text, "sent", media=media, files=files, choices=choices
        )
        echo = {"mid": said.id, "is_echo": True, "app_id": APP, "text": text}
        self._post("echo", customer, {"message": echo}, echo=True)
        moment = int(self.now().timestamp() * 1000)
        told = {"delivery": {"mids": [said.id], "watermark": moment}}
        self._post("delivery", customer, told, before=lambda: self.chats.move(said, "delivered"))
        return said.id

    def agent_writes_elsewhere(self, customer: str, text: str) -> Delivery:
        """Somebody answers in the page's own inbox: an echo without our app's id."""
        said = self._said("outbound", customer, text, "sent")
        echo = {"mid": said.id, "is_echo": True, "text": text}
        return self._post("echo", customer, {"message": echo}, echo=True)

    def act(self, customer: str, action: str) -> None:
        if customer not in self.chats.customers():
            raise RefusedError(400, 100, "No matching user found", 2018001)
        if action == "mark_seen":
            self.chats.read(customer)
        else:
            lasts = TYPING if action == "typing_on" else timedelta(0)
            self.chats.type(customer, self.now(), lasts)

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
            429: (613, "Calls to this api have exceeded the rate limit."),
        }.get(status, (2, "Service temporarily unavailable"))
        return error_body(code, sentence)

    def state(self) -> Any:
        return {"messages": self.chats.state(), "blocked": sorted(self._blocked)}

    def actions(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "customer_says": lambda **said: self.customer_says(**said).body.decode(),
            "customer_taps": lambda **tap: self.customer_taps(**tap).body.decode(),
            "blocks": self.blocks,
            "conversation": self.conversation,
            "shake_hands": self.shake_hands,
            "hold": self.courier.hold,
            "release": self.courier.release,
            "drop": self.courier.drop,
            "duplicate": self.courier.duplicate,
            "idle": self.courier.idle,
        }
