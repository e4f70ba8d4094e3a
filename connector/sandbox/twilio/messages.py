"""Messages as Twilio keeps them, and as a phone shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from secrets import token_hex
from typing import Any, Literal
from urllib.parse import urlsplit

from connector.sandbox.twilio.sms import segments

VERSION = "2010-04-01"


@dataclass(frozen=True)
class Media:
    """A picture or file. Data is served by the twin, a URL stands for itself."""

    kind: str
    name: str = "media"
    data: bytes = b""
    url: str = ""


@dataclass(frozen=True)
class Attachment:
    name: str
    kind: str
    url: str
    data: bytes = field(default=b"", repr=False)  # what the phone shows, of what we were sent


@dataclass(frozen=True)
class PhoneMessage:
    """One message on a customer's phone; inbound is what the customer wrote."""

    sid: str
    direction: Literal["inbound", "outbound"]
    text: str
    at: datetime
    status: str
    error_code: int | None = None
    media: tuple[Attachment, ...] = ()


@dataclass
class Message:
    sid: str
    direction: Literal["inbound", "outbound-api", "outbound-reply"]
    to: str
    from_: str
    text: str
    at: datetime
    updated_at: datetime
    status: str
    sent_at: datetime | None = None
    error_code: int | None = None
    service: str | None = None
    callback: str | None = None
    media: tuple[Attachment, ...] = ()
    given: dict[str, str] = field(default_factory=dict)  # the rest of the form
    broken: int | None = None  # why its files could not be had

    @property
    def customer(self) -> str:
        return self.from_ if self.direction == "inbound" else self.to

    def shown(self) -> PhoneMessage:
        direction: Literal["inbound", "outbound"] = (
            "inbound" if self.direction == "inbound" else "outbound"
        )
        return PhoneMessage(
            self.sid, direction, self.text, self.at, self.status, self.error_code, self.media
        )

    def resource(self, account: str) -> dict[str, Any]:
        uri = f"/{VERSION}/Accounts/{account}/Messages/{self.sid}"
        return {
            "account_sid": account,
            "api_version": VERSION,
            "body": self.text,
            "date_created": _moment(self.at),
            "date_sent": _moment(self.sent_at),
            "date_updated": _moment(self.updated_at),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": ERRORS.get(self.error_code or 0),
            "from": self.from_ or None,
            "messaging_service_sid": self.service,
            "num_media": str(len(self.media)),
            "num_segments": str(segments(self.text)),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }

    def media_list(self, account: str) -> list[dict[str, Any]]:
        """The sub-resource Media, whose addresses are those of the webhook with .json behind."""
        return [
            {
                "sid": item.url.rsplit("/", 1)[-1],
                "account_sid": account,
                "parent_sid": self.sid,
                "content_type": item.kind,
                "date_created": _moment(self.at),
                "date_updated": _moment(self.at),
                "uri": f"{urlsplit(item.url).path}.json",
            }
            for item in self.media
        ]


ERRORS = {
    21610: "Attempt to send to unsubscribed recipient",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30034: "Message from an Unregistered Number",
    63003: "Channel could not find To address",
    63016: "Failed to send freeform message because you are outside the allowed window",
}
# What the carrier says after it took the message; the others never left Twilio.
_CARRIER = frozenset({30003, 30004, 30005, 30006, 30007, 30008, 30034})


def final_status(code: int | None) -> str:
    if code is None:
        return "delivered"
    return "undelivered" if code in _CARRIER else "failed"


def new_sid(kind: str) -> str:
    return kind + token_hex(16)


def attached(urls: Iterable[str]) -> tuple[Attachment, ...]:
    """A sender's MediaUrl, before it is fetched."""
    return tuple(
        Attachment(urlsplit(url).path.rsplit("/", 1)[-1] or "media", "", url) for url in urls
    )


def _moment(at: datetime | None) -> str | None:
    return None if at is None else format_datetime(at)


@dataclass(frozen=True)
class Query:
    """The filters of a list; a day stands for the whole of it."""

    to: str | None = None
    from_: str | None = None
    on: str | None = None
    since: str | None = None
    until: str | None = None

    def found(self, messages: Sequence[Message]) -> list[Message]:
        """Newest first."""
        return [m for m in reversed(messages) if self._fits(m)]

    def _fits(self, message: Message) -> bool:
        at = message.sent_at or message.at
        return (
            self.to in (None, message.to)
            and self.from_ in (None, message.from_)
            and (self.on is None or at.date() == parse_moment(self.on).date())
            and (self.since is None or at >= parse_moment(self.since))
            and (self.until is None or at.date() <= parse_moment(self.until).date())
        )


def parse_moment(text: str) -> datetime:
    """Raise ValueError for what is no date."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = parsedate_to_datetime(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
