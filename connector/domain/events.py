"""What happened. Facts, each with the time at which it did; the only way that time enters.

A conversation's inbox is a list of these: what customers and helpdesks sent, what our own calls came
to, and timers that have run out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.domain.conversation import Media
from connector.domain.ids import EpisodeId, ExternalId, MessageId, TicketId
from connector.domain.tickets import Changes
from connector.domain.turns import BotTurn, Summary


@dataclass(frozen=True)
class CustomerMessaged:
    at: datetime
    external: ExternalId
    text: str
    media: tuple[Media, ...] = ()
    customer_name: str | None = None
    customer_phone: str | None = None
    thread: str = ""  # the provider's own, where it keeps several with one customer


@dataclass(frozen=True)
class CustomerConsented:
    """STOP, START or HELP; or YES, which opts in who has opted out and is an answer of anybody else."""

    at: datetime
    external: ExternalId
    word: str  # stop | start | help | yes
    text: str


@dataclass(frozen=True)
class ReceiptArrived:
    at: datetime
    external: ExternalId  # of the message that it is about
    status: str  # sent | delivered | read | failed
    code: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class TimerFired:
    at: datetime
    name: str


@dataclass(frozen=True)
class BotAnswered:
    at: datetime
    draft: int
    turn: BotTurn


@dataclass(frozen=True)
class BotFailed:
    at: datetime
    draft: int
    reason: str
    attempts: int


@dataclass(frozen=True)
class Summarised:
    at: datetime
    episode: EpisodeId
    summary: Summary


@dataclass(frozen=True)
class SummaryFailed:
    at: datetime
    episode: EpisodeId
    reason: str


@dataclass(frozen=True)
class TicketOpened:
    at: datetime
    episode: EpisodeId
    ticket: TicketId
    requester: ExternalId


@dataclass(frozen=True)
class TicketRefused:
    at: datetime
    episode: EpisodeId
    code: str
    meaning: str


@dataclass(frozen=True)
class TicketChanged:
    """The helpdesk says that it did; what changed is still to be read."""

    at: datetime
    ticket: TicketId


@dataclass(frozen=True)
class TicketRead:
    at: datetime
    changes: Changes


@dataclass(frozen=True)
class TicketGone:
    at: datetime
    ticket: TicketId
    reason: str


@dataclass(frozen=True)
class CommentAdded:
    at: datetime
    key: str
    comment: ExternalId
    message: MessageId | None = None
    ticket: TicketId | None = None
    missing: tuple[str, ...] = ()  # what could not be attached, and why


@dataclass(frozen=True)
class CommentRefused:
    at: datetime
    key: str
    ticket: TicketId
    code: str
    meaning: str
    message: MessageId | None = None  # the customer's message that it carried


@dataclass(frozen=True)
class TagsRemoved:
    at: datetime
    key: str
    ticket: TicketId


@dataclass(frozen=True)
class TagsRefused:
    """The tags are still there, and the helpdesk will not take them away."""

    at: datetime
    key: str
    ticket: TicketId
    code: str
    meaning: str


@dataclass(frozen=True)
class Redacted:
    """A forgotten customer's ticket says nothing of them any more, except what is left."""

    at: datetime
    ticket: TicketId
    comments: int
    left: tuple[str, ...]  # what could not be taken out and why, in words for an operator


@dataclass(frozen=True)
class MessageSent:
    at: datetime
    message: MessageId
    external: ExternalId


@dataclass(frozen=True)
class DeliveryFailed:
    at: datetime
    message: MessageId
    code: str
    meaning: str


@dataclass(frozen=True)
class DeliveryUnknown:
    """The provider's answer was lost and it can't say whether it took the message."""

    at: datetime
    message: MessageId
    reason: str


@dataclass(frozen=True)
class HolderShown:
    """The channel's own inbox shows who has the customer, or will not."""

    at: datetime
    key: str
    refused: str | None = None  # why not


@dataclass(frozen=True)
class HandoffOrdered:
    """An operator wants a person to take over."""

    at: datetime
    episode: EpisodeId
    account: str  # the operator's


@dataclass(frozen=True)
class HandBackOrdered:
    """An operator wants the bot to have the customer again."""

    at: datetime
    episode: EpisodeId
    account: str


@dataclass(frozen=True)
class ResendOrdered:
    """An operator wants what the customer did not get sent again."""

    at: datetime
    episode: EpisodeId
    account: str


Order = HandoffOrdered | HandBackOrdered | ResendOrdered
# What follows from these depends on who has the conversation.
ByHolder = (
    CustomerMessaged
    | CustomerConsented
    | ReceiptArrived
    | TimerFired
    | BotAnswered
    | BotFailed
    | Summarised
    | SummaryFailed
    | TicketOpened
    | TicketRefused
    | TicketChanged
    | TicketRead
    | TicketGone
    | CommentAdded
    | CommentRefused
    | TagsRemoved
    | TagsRefused
    | MessageSent
    | DeliveryFailed
    | DeliveryUnknown
    | HolderShown
    | HandoffOrdered
    | HandBackOrdered
    | ResendOrdered
)
Event = ByHolder | Redacted
