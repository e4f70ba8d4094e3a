"""The account, its numbers, and everything that was ever said over them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from connector.sandbox.changes import Changes
from connector.sandbox.courier import Courier, Delivery, Outcome
from connector.sandbox.twilio import inbound
from connector.sandbox.twilio.api import Api, error_body
from connector.sandbox.twilio.lines import Lines
from connector.sandbox.twilio.media import fetch
from connector.sandbox.twilio.messages import (
    VERSION,
    Attachment,
    Media,
    Message,
    PhoneMessage,
    final_status,
    new_sid,
)
from connector.sandbox.twilio.sms import REPLIES, Keyword, is_heeded, is_whatsapp, keyword, sign
from connector.sandbox.twin import Now, Twin, utc_now

WEBHOOK_TIMEOUT = 15.0
WINDOW = timedelta(hours=24)  # WhatsApp: how long after a customer's text one may write freely
FORM = "application/x-www-form-urlencoded; charset=utf-8"


class TwilioTwin(Twin):
    """One account. Its numbers call `webhook_url`, unless they are told another address; what goes
    there is signed for `public_url`."""

    name = "twilio"

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        number: str,
        webhook_url: str = "",
        *,
        public_url: str = "",
        status_url: str = "",
        status_rewrite: tuple[str, str] | None = None,
        services: Mapping[str, str] | None = None,
        more_numbers: Sequence[str] = (),
        advanced_opt_out: bool = False,
        changes: Changes | None = None,
        now: Now = utc_now,
        port: int = 0,
    ) -> None:
        """`status_url` is called where a send names no StatusCallback. `status_rewrite` replaces
        the beginning of such an address by where it really is; the signature keeps the first."""
        self.account_sid, self.auth_token, self.number = account_sid, auth_token, number
        self._seeded, self._public_url = webhook_url, public_url or webhook_url
        self.status_url, self.status_rewrite = status_url, status_rewrite
        self.numbers = {number, *more_numbers}
        self.services = dict(services or {})  # a Messaging Service and the number it sends from
        self.lines = Lines(self.numbers, self.services, webhook_url)
        self.contents: dict[str, str] = {}  # approved templates by their sid: "Hello! {{1}} Bye."
        self.advanced_opt_out = advanced_opt_out
        self._messages: list[Message] = []
        self._opted_out: set[tuple[str, str]] = set()
        self._failures: deque[int] = deque()
        self._media: dict[str, Media] = {}
        self._loses = False
        courier = Courier(self.name, _retry, WEBHOOK_TIMEOUT)
        super().__init__(Api(self).app, courier, changes, now, port)

    # What the customer does

    def customer_says(
        self,
        text: str,
        *,
        from_: str,
        to: str | None = None,
        media: Sequence[Media] = (),
        sid: str | None = None,
        service: str | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Delivery:
        """The text is on the phone at once, and on its way to the webhook. The same `sid` again
        is the same message delivered again."""
        now = self.now()
        with self.lock:
            known = next((m for m in self._messages if m.sid == sid), None)
            sid = sid or new_sid("MM" if media else "SM")
            message = known or Message(
                sid=sid,
                direction="inbound",
                to=to or self.number,
                from_=from_,
                text=text,
                at=now,
                updated_at=now,
                sent_at=now,
                status="received",
                service=service,
                media=tuple(self._stored(sid, item) for item in media),
            )
            said = keyword(text) if is_heeded(message.from_, message.to, service) else None
            if known is None:
                self._messages.append(message)
                self._heed(said, message)
            url = self.lines.address(message.to, service)
        self.changes.bump()
        shown = said if self.advanced_opt_out and service else None
        form = inbound.message_form(self.account_sid, message, shown, extra or {})
        signed = self._public_url if url == self._seeded else url
        return self._post("inbound", "" if self._loses else url, signed, form)

    def lose(self, on: bool) -> None:
        """Whether the webhooks of what customers say are lost from now on."""
        self._loses = on

    def _stored(self, message: str, item: Media) -> Attachment:
        if item.url:
            return Attachment(item.name, item.kind, item.url)
        sid = new_sid("ME")
        self._media[sid] = item
        folder = f"{self.url}/{VERSION}/Accounts/{self.account_sid}/Messages/{message}"
        return Attachment(item.name, item.kind, f"{folder}/Media/{sid}")

    def _heed(self, said: Keyword | None, message: Message) -> None:
        """Twilio's own doing: the opt-out list, and an answer unless nothing changed."""
        pair = (message.from_, message.to)
        if said is None or (said != "HELP" and (said == "STOP") == (pair in self._opted_out)):
            return
        if said == "STOP":
            self._opted_out.add(pair)
        elif said == "START":
            self._opted_out.discard(pair)
        now = self.now()
        self._messages.append(
            Message(
                sid=new_sid("SM"),
                direction="outbound-reply",
                to=message.from_,
                from_=message.to,
                text=REPLIES[said],
                at=now,
                updated_at=now,
                sent_at=now,
                status="delivered",
            )
        )

    # What the account does

    def accept(self, *, to: str, from_: str, service: str | None, text: str, callback: str | None,
               media: tuple[Attachment, ...], given: dict[str, str]) -> dict[str, Any]:  # fmt: skip
        """Take a message to send; its status moves on by itself. Returns it as it is now."""
        now = self.now()
        sender = from_ or self.services.get(service or "", self.number)
        message = Message(
            sid=new_sid("MM" if media else "SM"),
            direction="outbound-api",
            to=to,
            from_=sender,
            text=text,
            at=now,
            updated_at=now,
            status="queued",
            service=service,
            callback=callback or self.lines.status_address(service) or self.status_url or None,
            media=media,
            given=given,
        )
        with self.lock:
            code = self._outside_window(message) or (
                self._failures.popleft() if self._failures else None
            )
            taken = message.resource(self.account_sid)
            self._messages.append(message)
        self.changes.bump()
        final = final_status(code)
        for status in ("queued", final) if final == "failed" else ("queued", "sent", final):
            self._move(message, status, code if status == final else None)
        return taken

    def _outside_window(self, message: Message) -> int | None:
        if not is_whatsapp(message.to) or "ContentSid" in message.given:
            return None
        since = self.now() - WINDOW
        wrote = (m.from_ == message.to and m.at >= since for m in self._messages)
        return None if any(wrote) else 63016

    def _move(self, message: Message, status: str, code: int | None) -> None:
        """In its turn the message gets the status, and the callback is told."""

        def before() -> None:
            if status == "queued":
                fetch(message)
            broken = message.broken if status != "queued" else None
            with self.lock:
                message.status = "failed" if broken else status
                message.error_code = broken or code
                message.updated_at = self.now()
                if status != "queued":
                    message.sent_at = message.sent_at or message.updated_at
                delivery.body = inbound.encoded(inbound.receipt_form(self.account_sid, message))
            self.changes.bump()

        signed = message.callback
        real = signed
        if signed and self.status_rewrite and signed.startswith(self.status_rewrite[0]):
            real = self.status_rewrite[1] + signed.removeprefix(self.status_rewrite[0])
        delivery = Delivery(real, kind=f"receipt:{status}", before=before)
        delivery.headers = lambda: self._signed(
            signed or "", inbound.receipt_form(self.account_sid, message)
        )
        self.courier.put(delivery)

    def _post(self, kind: str, deliver_to: str, public_url: str, form: inbound.Form) -> Delivery:
        delivery = Delivery(
            deliver_to or None,
            inbound.encoded(form),
            lambda: self._signed(public_url, form),
            kind=kind,
        )
        return self.courier.put(delivery)

    def _signed(self, public_url: str, form: inbound.Form) -> dict[str, str]:
        return {
            "Content-Type": FORM,
            "X-Twilio-Signature": sign(self.auth_token, public_url.partition("#")[0], form),
            "I-Twilio-Idempotency-Token": new_sid("")[:36],
            "User-Agent": "TwilioProxy/1.1",
        }

    # What a test or the page asks

    def fail_next_delivery(self, code: int, times: int = 1) -> None:
        """The next messages are accepted but do not arrive: undelivered or failed, with the code."""
        with self.lock:
            self._failures.extend([code] * times)

    def messages(self) -> list[Message]:
        with self.lock:
            return list(self._messages)

    def conversation(self, customer: str) -> list[PhoneMessage]:
        """What the customer's phone shows, oldest first."""
        with self.lock:
            return [m.shown() for m in self._messages if m.customer == customer]

    def customers(self) -> list[str]:
        """Everyone who wrote or was written to, in that order."""
        with self.lock:
            return list(dict.fromkeys(m.customer for m in self._messages))

    def is_opted_out(self, customer: str, sender: str) -> bool:
        number = self.services.get(sender, sender)
        with self.lock:
            return (customer, number) in self._opted_out

    def stored_media(self, sid: str) -> Media | None:
        return self._media.get(sid)

    def error(self, status: int) -> Any:
        known = {401: (20003, "Authenticate"), 429: (20429, "Too Many Requests")}
        code, message = known.get(status, (20500, "Internal Server Error"))
        return error_body(code, message, status)

    def state(self) -> Any:
        with self.lock:
            return {
                "messages": [asdict(m) for m in self._messages],
                "opted_out": sorted(self._opted_out),
                "deliveries": [
                    {"kind": d.kind, "attempts": d.attempts, "dropped": d.dropped}
                    for d in list(self.courier.deliveries)
                ],
            }

    def actions(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "customer_says": lambda **said: self.customer_says(**said).body.decode(),
            "fail_next_delivery": self.fail_next_delivery,
            "conversation": self.conversation,
            "lose": self.lose,
            "hold": self.courier.hold,
            "release": self.courier.release,
            "drop": self.courier.drop,
            "duplicate": self.courier.duplicate,
            "idle": self.courier.idle,
        }


def _retry(attempts: Sequence[Outcome], _headers: Mapping[str, str]) -> float | None:
    """Once more where no connection came about; an error answer is final."""
    return 0.05 if attempts[-1] == "refused" and len(attempts) == 1 else None
