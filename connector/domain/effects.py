"""What to do. Orders that a decision gives; the outbox keeps them until they are carried out.

Each has a `key` that is the same whenever the same decision is made again, so that it is queued once.
Each belongs to one direction of its conversation, in which one is carried out at a time, in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.domain.conversation import Media
from connector.domain.ids import Address, EpisodeId, ExternalId, MessageId, TicketId
from connector.domain.tickets import CommentDraft, Cursor, TicketDraft
from connector.domain.turns import BotRequest, SummaryRequest


class Direction(StrEnum):
    CUSTOMER = "customer"
    TICKET = "ticket"
    CHANGES = "changes"  # reading a ticket: a write that must wait does not hold it back
    BOT = "bot"
    SUMMARY = "summary"  # a slow draft, pointless by now, does not hold it back


@dataclass(frozen=True)
class AskBot:
    key: str
    draft: int
    request: BotRequest
    attempts: int  # how often the model may be tried


@dataclass(frozen=True)
class Summarise:
    key: str
    episode: EpisodeId
    request: SummaryRequest


@dataclass(frozen=True)
class OpenTicket:
    key: str
    draft: TicketDraft


@dataclass(frozen=True)
class AddComment:
    key: str
    draft: CommentDraft
    message: MessageId | None = None  # the customer's message that it carries
    media: tuple[Media, ...] = ()  # the customer's, to be attached
    # Written down while it is carried out, so that a second try knows what the first one found.
    brought_at: datetime | None = None  # when `draft.files` were uploaded
    missing: tuple[str, ...] = ()  # what could not be attached, and why: words for an agent
    fetch_failures: int = 0


@dataclass(frozen=True)
class RemoveTags:
    key: str
    ticket: TicketId
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Redact:
    """Take what a forgotten customer said, and who they are, out of what was their ticket.

    Ordered by whoever forgets them, not by a decision.
    """

    key: str
    helpdesk: str  # its name; the channel may have another one by now
    ticket: TicketId
    comments: tuple[ExternalId, ...] = ()  # only these; (): all that are ours or the requester's
    fields: tuple[str, ...] = ()  # ticket fields that were filled with facts about them
    person: bool = True  # nobody else here is the ticket's requester


@dataclass(frozen=True)
class ReadTicket:
    key: str
    ticket: TicketId
    cursor: Cursor


@dataclass(frozen=True)
class SendText:
    key: str
    message: MessageId
    customer: Address
    text: str
    media: tuple[Media, ...] = ()
    choices: tuple[str, ...] = ()  # answers that the customer may tap, where the channel can
    by_agent: bool = False
    window_closed: bool = False  # the provider has refused free text before
    thread: str = ""


class Who(StrEnum):
    """Who has the customer, as a provider's own inbox can show it."""

    PERSON = "person"
    BOT = "bot"
    DONE = "done"  # nobody: it is settled


@dataclass(frozen=True)
class ShowHolder:
    """Where the channel has an inbox of its own, show there who has the customer."""

    key: str
    thread: str
    who: Who
    ticket: TicketId | None = None


@dataclass(frozen=True)
class SetTimer:
    """Deliver TimerFired(name) at `at`; replaces one of the same name."""

    name: str
    at: datetime


@dataclass(frozen=True)
class StopTimer:
    name: str


@dataclass(frozen=True)
class Cancel:
    """Do not carry these out if they have not been started."""

    keys: tuple[str, ...]


Call = (
    AskBot
    | Summarise
    | OpenTicket
    | AddComment
    | RemoveTags
    | Redact
    | ReadTicket
    | SendText
    | ShowHolder
)
Effect = Call | SetTimer | StopTimer | Cancel

DIRECTIONS: dict[type[Call], Direction] = {
    AskBot: Direction.BOT,
    Summarise: Direction.SUMMARY,
    OpenTicket: Direction.TICKET,
    AddComment: Direction.TICKET,
    RemoveTags: Direction.TICKET,
    Redact: Direction.TICKET,
    ReadTicket: Direction.CHANGES,
    SendText: Direction.CUSTOMER,
    ShowHolder: Direction.CUSTOMER,  # behind the words that belong to it
}
