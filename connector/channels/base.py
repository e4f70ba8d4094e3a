"""What a channel is: one configured endpoint that customers write to, e.g. an SMS number.

An adapter has two verbs for what comes in, `verify` and `parse`, and one for what goes out, `send`.
It holds no state and reads no clock. What only some providers can do is a capability protocol of
its own (`LooksUpSent`, `ListsReceived`), not an empty method.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from connector.domain.conversation import Media
from connector.domain.effects import Who
from connector.domain.files import File
from connector.domain.ids import Address, ExternalId, TicketId
from connector.domain.limits import Limit
from connector.domain.media import MediaLimits


@dataclass(frozen=True)
class WebhookRequest:
    """One request as it arrived. `url` is the configured public URL, never guessed from headers."""

    method: str
    url: str
    headers: Mapping[str, str]  # names in lower case
    query: str
    body: bytes


@dataclass(frozen=True)
class WebhookReply:
    """What the provider wants to read after its event is stored."""

    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200


@dataclass(frozen=True)
class InboundMessage:
    """The customer wrote. `text` is readable as it stands, also for a location or a sticker."""

    id: ExternalId
    customer: Address
    text: str
    raw: Mapping[str, object]
    media: tuple[Media, ...] = ()
    customer_name: str | None = None
    customer_phone: str | None = None  # E.164, where the address is none and the provider tells
    # Where an answer goes, for a provider that keeps several threads with one customer.
    thread: str = ""


@dataclass(frozen=True)
class InboundReceipt:
    """The provider tells what became of a message that we sent."""

    id: ExternalId  # unique per message and status: the key that deduplicates
    message: ExternalId
    customer: Address
    status: str  # sent | delivered | read | failed
    raw: Mapping[str, object]
    code: str = ""
    meaning: str = ""  # why it failed, in words for an agent


@dataclass(frozen=True)
class InboundConsent:
    """STOP, START or HELP: words that belong to the law and the carrier, never to the bot."""

    id: ExternalId
    customer: Address
    word: str  # stop | start | help
    text: str
    raw: Mapping[str, object]


Inbound = InboundMessage | InboundReceipt | InboundConsent


@dataclass(frozen=True)
class Outbound:
    """One piece of text for one customer. `key` is ours and the same when it is sent again."""

    key: str
    customer: Address
    text: str
    media: tuple[Media, ...] = field(default=())
    thread: str = ""  # the one in which the customer wrote last; "" where there are none


@dataclass(frozen=True)
class Capabilities:
    max_text: int  # characters a message; longer texts are split before they are queued
    has_phone_numbers: bool = (
        True  # the customer's address is a phone number when it looks like one
    )


class Channel(Protocol):
    capabilities: Capabilities

    def verify(self, request: WebhookRequest) -> None:
        """Raise BadSignature unless the provider signed exactly this request."""
        ...

    def parse(self, request: WebhookRequest) -> Sequence[Inbound]:
        """Read a verified request, order kept. Raise MalformedPayload or UnknownEndpoint."""
        ...

    def acknowledge(self) -> WebhookReply:
        """The answer to a request whose events are stored."""
        ...

    def send(self, message: Outbound) -> ExternalId:
        """Deliver, returning the provider's id. Raise Transient, Rejected or Uncertain."""
        ...


@runtime_checkable
class AnswersChallenges(Protocol):
    """The provider checks with a GET that the endpoint is ours before it calls it."""

    def challenge(self, request: WebhookRequest) -> WebhookReply:
        """What the provider wants to read. Raise BadSignature if it knows no secret of ours."""
        ...


@runtime_checkable
class Paced(Protocol):
    """The provider or the carriers limit how fast one may send."""

    def send_limits(self) -> Sequence[Limit]:
        """What each send counts under."""
        ...


@runtime_checkable
class SendsMedia(Protocol):
    """Files can come with a message; `Outbound.media` names where the provider fetches them."""

    def media_limits(self, customer: Address) -> MediaLimits | None:
        """What this customer can be shown, None for nothing but text."""
        ...


@runtime_checkable
class LooksUpSent(Protocol):
    """The provider can be asked what it took, so an uncertain send can be settled."""

    def find_sent(
        self, message: Outbound, since: datetime, known: frozenset[ExternalId]
    ) -> ExternalId | None:
        """The provider's id of this message if it was taken at or after `since`, else None.

        `known` are ids that belong to other messages of ours: the same text may rightly have been
        sent twice. Raises Transient if the provider can't be asked now.
        """
        ...


@runtime_checkable
class FetchesMedia(Protocol):
    """The provider keeps what customers attach, and hands it to us."""

    def fetch(self, media: Media, name: str) -> File:
        """The file under this name, with the extension of what it really is.

        Raise Transient, or Rejected with a meaning for an agent: too large, gone, unsupported.
        """
        ...


@runtime_checkable
class ShowsHolder(Protocol):
    """The provider has an inbox of its own, where it can be seen who has the customer."""

    def show(self, thread: str, who: Who, ticket: TicketId | None) -> None:
        """Show it there; twice does no harm. Raise Transient or Rejected."""
        ...


@dataclass(frozen=True)
class Received:
    """One thing that a customer wrote, as the provider lists it.

    `read` gives what `parse` would have made of its webhook, with the same id, so that the two are
    one event. It may ask the provider for more, files for example: Transient, MalformedPayload.
    `words` is what can be told without asking, for when the rest has not been to be had for long.
    """

    id: ExternalId
    at: datetime
    read: Callable[[], Inbound]
    words: Callable[[], Inbound]


@runtime_checkable
class ListsReceived(Protocol):
    """The provider can be asked what customers wrote, so that a lost webhook loses no message."""

    def received(self, since: datetime) -> Sequence[Received]:
        """What this channel got at or after `since`, oldest first. Raise Transient."""
        ...
