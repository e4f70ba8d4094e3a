"""What a channel is: one configured endpoint that customers write to, e.g. an SMS number.

An adapter has two verbs for what comes in, `verify` and `parse`, and one for what goes out, `send`.
It holds no state and reads no clock. What only some providers can do is a capability protocol of
its own (`LooksUpSent`, `ListsReceived`), not an empty method. Which methods a channel has says which
of them it is: nothing is registered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from connector.domain.conversation import Media
from connector.domain.effects import Who
from connector.domain.files import File
from connector.domain.ids import Address, ExternalId, TicketId
from connector.domain.limits import Limit
from connector.domain.media import MediaLimits

# Connecting and answering, of a call that nobody waits for and that is worth little when it is late.
BEST_EFFORT_SECONDS = (2.0, 3.0)


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
class Unread:
    """A part of a request that came to nothing, while the rest of the request counts. Logged, not stored."""

    why: str  # never what the customer wrote
    malformed: bool = False  # the provider documents it otherwise


Parsed = Inbound | Unread


@dataclass(frozen=True)
class Outbound:
    """One piece of text for one customer. `key` is ours and the same when it is sent again."""

    key: str
    customer: Address
    text: str
    media: tuple[Media, ...] = field(default=())
    choices: tuple[str, ...] = ()  # answers to tap; the text asks the question without them too
    by_agent: bool = False  # a person's words, not the bot's and none of the fixed texts
    window_closed: bool = False  # the provider no longer takes free text (`HasWindow`)
    thread: str = ""  # the one in which the customer wrote last; "" where there are none


@dataclass(frozen=True)
class Capabilities:
    max_text: int  # characters a message; longer texts are split before they are queued
    has_phone_numbers: bool = (
        True  # the customer's address is a phone number when it looks like one
    )


@dataclass(frozen=True)
class ChoiceLimits:
    """What the provider shows of answers to tap; where these do not fit, none are shown."""

    most: int
    characters: int  # of each
    max_text: int  # characters of the text above them

    def fit(self, text: str, choices: Sequence[str]) -> bool:
        few = len(choices) <= self.most and len(text) <= self.max_text
        return few and all(len(choice) <= self.characters for choice in choices)


class Channel(Protocol):
    capabilities: Capabilities

    def verify(self, request: WebhookRequest) -> None:
        """Raise BadSignature unless the provider signed exactly this request."""
        ...

    def parse(self, request: WebhookRequest) -> Sequence[Parsed]:
        """Read a verified request, order kept. Raise MalformedPayload or UnknownEndpoint.

        Of a request with many parts a bad one leaves the others alone: it is `Unread`.
        """
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
class HasWindow(Protocol):
    """Free text is taken only for so long after the customer's last message.

    `Outbound.window_closed` tells `send`, which may have something else to send then.
    """

    open_for: timedelta


@runtime_checkable
class OffersChoices(Protocol):
    """The customer can be shown answers to tap; a tap comes back as a message with that text."""

    choice_limits: ChoiceLimits


@runtime_checkable
class ShowsTyping(Protocol):
    """The customer can be shown that an answer is being written. Best effort: nothing waits for it."""

    typing_lasts: timedelta  # then, or with the next message, the provider takes it away

    def show_typing(self, customer: Address, message: ExternalId) -> None:
        """Somebody writes an answer to this message, which counts as read by that.

        Raise ProviderError; the caller tries no second time.
        """
        ...


@runtime_checkable
class MarksRead(Protocol):
    """The customer can be shown that a message was read. Best effort, like typing."""

    def mark_read(self, customer: Address, message: ExternalId) -> None:
        """This message, and with it those before. Raise ProviderError; not tried again."""
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
