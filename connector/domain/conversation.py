"""A conversation: one customer address on one channel, for ever; cut into episodes.

The holder says who has it. Data exists only in the holder where it is legal: a ticket's id, for
example, only while an agent has the conversation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from connector.domain.desk import Desk as Desk
from connector.domain.desk import Survey
from connector.domain.handoff.base import Considered, Trigger
from connector.domain.ids import (
    Address,
    ConversationId,
    EpisodeId,
    ExternalId,
    MessageId,
    TicketId,
    conversation_id,
    episode_id,
    message_id,
)
from connector.domain.turns import Summary

# How much of the episode before is kept in view: enough for the bot to know what was settled.
EARLIER_MESSAGES = 12
PAST_DESKS = 20
# Who writes again so soon was perhaps not helped.
BACK_WITHIN = timedelta(days=1)


class Author(StrEnum):
    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    CONNECTOR = "connector"  # fixed texts: handoff, closing


class Delivery(StrEnum):
    RECEIVED = "received"  # the customer's own
    QUEUED = "queued"
    SENT = "sent"  # the provider took it
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    SUPPRESSED = "suppressed"  # never handed to the provider: the customer has opted out
    CANCELLED = "cancelled"  # made pointless before it went out
    UNKNOWN = "unknown"  # nobody can tell whether the provider took it


NOT_SEEN_BY_CUSTOMER = frozenset({Delivery.FAILED, Delivery.SUPPRESSED, Delivery.CANCELLED})


class Outcome(StrEnum):
    """How an episode ended: exactly one each, so that rates add up to 100 %."""

    BOT_RESOLVED = "bot_resolved"
    AGENT_RESOLVED = "agent_resolved"
    HANDED_BACK = "handed_back"  # an agent gave the customer back to the bot
    ABANDONED = "abandoned"
    OPTED_OUT = "opted_out"
    RELEASED = "released"  # the ticket was deleted under us


@dataclass(frozen=True)
class Media:
    url: str
    content_type: str
    name: str = ""


@dataclass(frozen=True)
class Message:
    id: MessageId
    seq: int  # 1, 2, 3, ... within the conversation
    episode: int
    author: Author
    text: str
    at: datetime  # UTC
    delivery: Delivery
    media: tuple[Media, ...] = ()
    external: tuple[ExternalId, ...] = ()  # the provider's ids, one a part
    author_name: str | None = None
    offers_person: bool = False
    why: str = ""  # why it did not reach the customer, in words
    resends: int = 0  # how often an agent had it sent again
    comment: ExternalId | None = None  # the helpdesk's comment that it carries

    @property
    def reached_customer(self) -> bool:
        return self.delivery not in NOT_SEEN_BY_CUSTOMER


@dataclass(frozen=True)
class Episode:
    number: int
    id: EpisodeId
    started_at: datetime | None = None  # None until its first message
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    trigger: Trigger | None = None  # what decided its handoff
    handed_off_at: datetime | None = None
    ticket: TicketId | None = None
    settled: bool = False  # the bot thinks that the matter is closed
    score: int | None = None  # the customer's, from 1 to 5
    topic: str | None = None  # what it was about, in the summary's few words
    ticket_at: datetime | None = None  # when its ticket was opened
    replied_at: datetime | None = None  # when an agent first wrote to the customer after that
    reopened: int = 0  # how often its ticket was, after it had been solved
    came_back: Outcome | None = None  # how the one before had ended, not a day ago


@dataclass(frozen=True)
class Asked:
    """A draft that the model is working on, for everything up to message `upto`."""

    draft: int
    upto: int


@dataclass(frozen=True)
class WithBot:
    asked: Asked | None = None
    quiet_until: datetime | None = None  # the customer may still be typing
    answered: int = 0  # seq of the last customer message that has its answer
    discarded: int = 0  # stale drafts thrown away since the last answer


@dataclass(frozen=True)
class HandingOff:
    """Decided; the ticket does not exist yet."""

    decided: Considered
    since: datetime
    upto: int | None = None  # the transcript's last message; None until the ticket is drafted
    summary: Summary | None = None  # as drafted into the ticket
    late_summary: Summary | None = None  # it came after that
    told_delay: bool = False
    refusals: int = 0  # after the first, the ticket is tried without the channel's mapping


@dataclass(frozen=True)
class WithAgent:
    desk: Desk
    since: datetime
    taken_over_at: datetime | None = None  # an agent's first public comment
    after: int = 0  # seq of the last message from before they had it
    overdue: bool = False  # nobody has answered, as far as we know: the ticket is being asked
    told_waiting: bool = False  # the customer got the one update that nobody has answered
    unplaced: tuple[int, ...] = ()  # seq of messages that a closed ticket refused


@dataclass(frozen=True)
class Solved:
    """The ticket is solved, the episode not over: a real reply reopens the ticket."""

    desk: Desk
    since: datetime
    until: datetime | None  # None: for as long as the ticket is paused


@dataclass(frozen=True)
class Ended:
    outcome: Outcome


Holder = WithBot | HandingOff | WithAgent | Solved | Ended


@dataclass(frozen=True)
class EarlyReceipt:
    """A receipt that overtook the provider's answer to our own send."""

    external: ExternalId
    status: str
    code: str
    meaning: str


@dataclass(frozen=True)
class Conversation:
    id: ConversationId
    channel: str
    address: Address
    episode: Episode
    holder: Holder
    messages: tuple[Message, ...] = ()  # of this episode
    earlier: tuple[Message, ...] = ()  # the end of the one before
    customer_name: str | None = None
    customer_phone: str | None = None  # E.164, where the address is something else
    thread: str = ""  # the provider's, in which the customer wrote last: answers go there
    language: str | None = None  # BCP 47, as last noticed
    opted_out: bool = False
    seq: int = 0
    drafts: int = 0
    lesson: str = ""  # what an agent resolved last, for the bot to know
    past_desks: tuple[Desk, ...] = ()  # solved, the newest last: agents may still write there
    early_receipts: tuple[EarlyReceipt, ...] = ()
    untold: tuple[MessageId, ...] = ()  # did not reach the customer; the ticket doesn't say so yet
    told: tuple[str, ...] = ()  # the causes that the ticket's agents have read
    reports: int = 0
    survey: Survey | None = None
    version: int = 0  # of the stored row: who saves must have loaded the newest

    @classmethod
    def begin(cls, channel: str, address: Address, salt: str = "") -> Conversation:
        ours = conversation_id(channel, address, salt)
        return cls(
            id=ours,
            channel=channel,
            address=address,
            episode=Episode(1, episode_id(ours, 1)),
            holder=WithBot(),
        )

    def add(self, author: Author, text: str, at: datetime, **more: object) -> Conversation:
        """With one more message at the end, which gets the next number."""
        seq = self.seq + 1
        mine = Delivery.RECEIVED if author is Author.CUSTOMER else Delivery.QUEUED
        message = Message(
            id=message_id(self.id, seq),
            seq=seq,
            episode=self.episode.number,
            author=author,
            text=text,
            at=at,
            delivery=mine,
        )
        message = replace(message, **more)  # type: ignore[arg-type]
        episode = self.episode
        if episode.started_at is None:
            episode = replace(episode, started_at=at)
        if author is Author.AGENT and episode.handed_off_at and episode.replied_at is None:
            episode = replace(episode, replied_at=at)
        return replace(self, messages=(*self.messages, message), seq=seq, episode=episode)

    def change(self, changed: Message) -> Conversation:
        """With this message in the place of the one that has its id."""
        return replace(
            self,
            messages=tuple(changed if m.id == changed.id else m for m in self.messages),
            earlier=tuple(changed if m.id == changed.id else m for m in self.earlier),
        )

    def find(self, wanted: MessageId) -> Message | None:
        return next((m for m in (*self.messages, *self.earlier) if m.id == wanted), None)

    def find_external(self, wanted: ExternalId) -> Message | None:
        return next((m for m in (*self.messages, *self.earlier) if wanted in m.external), None)

    def desk_of(self, ticket: TicketId) -> Desk | None:
        """The desk of this ticket, if it is the one that has the conversation or a past one."""
        return next((d for d in self.desks if d.ticket == ticket), None)

    @property
    def desks(self) -> tuple[Desk, ...]:
        own = (self.holder.desk,) if isinstance(self.holder, WithAgent | Solved) else ()
        return (*own, *self.past_desks)

    def put_desk(self, desk: Desk) -> Conversation:
        """With this desk in the place of what was known of it, wherever that stands."""
        if isinstance(self.holder, WithAgent | Solved) and self.holder.desk.ticket == desk.ticket:
            return replace(self, holder=replace(self.holder, desk=desk))
        return self.keep_past(desk)

    def keep_past(self, desk: Desk) -> Conversation:
        """With this desk among the past ones, in the place of what was known of it."""
        others = tuple(d for d in self.past_desks if d.ticket != desk.ticket)
        return replace(self, past_desks=(*others, desk)[-PAST_DESKS:])

    def drop_past(self, ticket: TicketId) -> Conversation:
        return replace(self, past_desks=tuple(d for d in self.past_desks if d.ticket != ticket))

    def last_from(self, author: Author) -> Message | None:
        return next((m for m in reversed(self.messages) if m.author is author), None)

    def next_episode(self, came_back_at: datetime | None = None) -> Conversation:
        """A new episode with the bot; the one before stays in view.

        `came_back_at`: the customer has begun it, with a message of this time.
        """
        number, before = self.episode.number + 1, self.episode
        soon = came_back_at and before.ended_at and came_back_at - before.ended_at < BACK_WITHIN
        return replace(
            self,
            episode=Episode(
                number, episode_id(self.id, number), came_back=before.outcome if soon else None
            ),
            holder=WithBot(answered=self.seq),
            earlier=self.messages[-EARLIER_MESSAGES:],
            messages=(),
            told=(),
            survey=None,
        )
