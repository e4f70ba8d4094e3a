"""The whole pipeline on a real database, with providers that are objects and a clock that is told.

The lanes run one step at a time in an order that a seed chooses, so that a failure can be replayed.
A `Crash` raised in a provider's place stands for kill -9: nothing after it runs, the database keeps
what was committed, and a new `Rig.restart` goes on.
"""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connector.channels.base import (
    Capabilities,
    InboundConsent,
    InboundMessage,
    InboundReceipt,
    Outbound,
    WebhookReply,
    WebhookRequest,
)
from connector.domain.ids import Address, ExternalId, TicketId
from connector.domain.lanes import Lane
from connector.domain.limits import Limit
from connector.domain.policy import Policy
from connector.domain.tickets import (
    Changes,
    Comment,
    CommentDraft,
    Cursor,
    OpenedTicket,
    TicketDraft,
    TicketStatus,
)
from connector.domain.turns import BotDecision, BotRequest, BotTurn, Summary, SummaryRequest
from connector.errors import Rejected
from connector.pipeline import receive
from connector.pipeline.parts import ChannelParts, Parts
from connector.pipeline.steps import step
from connector.storage import lanes
from connector.storage.engine import Database
from tests.domain.decide.given import POLICY, SUMMARY, T0


class Crash(BaseException):
    """The process dies here."""


# Called with the operation's name before it takes effect and after: may raise.
Hook = Callable[[str, str], None]


def nothing(operation: str, when: str) -> None:
    pass


@dataclass
class FakeProvider:
    hook: Hook = nothing

    def doing(self, operation: str, effect: Callable[[], object]) -> None:
        self.hook(operation, "before")
        effect()
        self.hook(operation, "after")


@dataclass
class FakeChannel(FakeProvider):
    """Delivers into `phones`; can be asked what it took."""

    phones: dict[Address, list[str]] = field(default_factory=dict)
    sent: list[tuple[ExternalId, Outbound]] = field(default_factory=list)
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(max_text=1600))
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))  # threads share it

    def verify(self, request: WebhookRequest) -> None: ...

    def parse(self, request: WebhookRequest) -> Sequence[InboundMessage]:
        return ()

    def acknowledge(self) -> WebhookReply:
        return WebhookReply()

    def send(self, message: Outbound) -> ExternalId:
        sid = ExternalId(f"SMout{next(self.numbers)}")

        def take() -> None:
            self.sent.append((sid, message))
            self.phones.setdefault(message.customer, []).append(message.text)

        self.doing("send", take)
        return sid

    def find_sent(
        self, message: Outbound, since: datetime, known: frozenset[ExternalId]
    ) -> ExternalId | None:
        self.doing("find_sent", lambda: None)
        for sid, taken in self.sent:
            same = (taken.customer, taken.text) == (message.customer, message.text)
            if same and sid not in known:
                return sid
        return None


class DeafChannel(FakeChannel):
    """Can't be asked: find_sent is taken away where the pipeline looks for it."""

    find_sent = None  # type: ignore[assignment]


@dataclass
class FakeTicket:
    id: TicketId
    draft: TicketDraft
    status: TicketStatus = TicketStatus.OPEN
    comments: list[tuple[Comment, CommentDraft | None]] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    merged_into: TicketId | None = None
    merged_at: datetime | None = None
    deleted: bool = False


@dataclass
class FakeDesk(FakeProvider):
    now: Callable[[], datetime] = lambda: T0
    tickets: dict[TicketId, FakeTicket] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    opening: threading.Lock = field(default_factory=threading.Lock)

    def verify(self, request: WebhookRequest) -> None: ...

    def parse(self, request: WebhookRequest) -> Sequence[TicketId]:
        return ()

    def delivery_id(self, request: WebhookRequest) -> str:
        return "x"

    def open_ticket(self, draft: TicketDraft) -> OpenedTicket:
        def take() -> None:
            with self.opening:
                if self._by_key(draft.key) is not None:
                    return
                ticket = TicketId(str(len(self.tickets) + 1))
                self.tickets[ticket] = FakeTicket(ticket, draft)

        self.doing("open_ticket", take)
        made = self._by_key(draft.key)
        assert made is not None
        return OpenedTicket(made.id, ExternalId("900"))

    def find_ticket(self, draft: TicketDraft) -> OpenedTicket | None:
        self.doing("find_ticket", lambda: None)
        made = self._by_key(draft.key)
        return None if made is None else OpenedTicket(made.id, ExternalId("900"))

    def _by_key(self, key: str) -> FakeTicket | None:
        # A copy: other threads open tickets meanwhile.
        return next((t for t in list(self.tickets.values()) if t.draft.key == key), None)

    def add_comment(self, draft: CommentDraft) -> ExternalId:
        ticket = self._there(draft.ticket)
        if ticket.status is TicketStatus.CLOSED:
            raise Rejected("closed", code="closed", provider="fake", operation="add_comment")
        made = self._comment(ticket, draft.html, draft.public, by_agent=False, ours=True)

        def take() -> None:
            ticket.comments.append((made, draft))
            ticket.status = TicketStatus.OPEN if draft.reopen else ticket.status

        self.doing("add_comment", take)
        return made.id

    def _there(self, ticket: TicketId) -> FakeTicket:
        found = self.tickets[ticket]
        if found.deleted:
            raise Rejected("gone", code="gone", provider="fake", operation="any")
        return found

    def remove_tags(self, ticket: TicketId, tags: Sequence[str]) -> None:
        self.doing("remove_tags", lambda: self._there(ticket).tags.difference_update(tags))

    def comment_limits(self, draft: CommentDraft) -> Sequence[Limit]:
        return self.limits

    def find_comment(self, draft: CommentDraft) -> ExternalId | None:
        self.doing("find_comment", lambda: None)
        for comment, made_from in self.tickets[draft.ticket].comments:
            if made_from is not None and draft.key in (made_from.key, *made_from.also):
                return comment.id
        return None

    def changes(self, ticket: TicketId, after: Cursor) -> Changes:
        self.doing("changes", lambda: None)
        found = self._there(ticket)
        comments = tuple(c for c, _ in found.comments if after.since is None or c.at >= after.since)
        return Changes(
            ticket, found.status, comments, tuple(found.tags), found.merged_into, found.merged_at
        )

    def merge(self, source: TicketId, target: TicketId) -> None:
        """As an agent does: the source is closed, and says where it went."""
        found = self.tickets[source]
        found.status, found.merged_into, found.merged_at = TicketStatus.CLOSED, target, self.now()

    def _comment(
        self, ticket: FakeTicket, text: str, public: bool, *, by_agent: bool, ours: bool
    ) -> Comment:
        number = ExternalId(f"{ticket.id}-{len(ticket.comments) + 1}")
        return Comment(number, self.now(), text, public, by_agent, ours, False, "Ana Gil")

    def agent_says(self, ticket: TicketId, text: str, *, public: bool = True) -> None:
        found = self.tickets[ticket]
        comment = self._comment(found, text, public, by_agent=True, ours=False)
        found.comments.append((comment, None))

    def customer_texts(self, ticket: TicketId) -> list[str]:
        """What the customer wrote, as far as it stands in the ticket behind the transcript."""
        return [
            text
            for _, d in self.tickets[ticket].comments
            if d is not None and d.public
            for text in d.html.removeprefix("<p>").removesuffix("</p>").split("</p><p>")
        ]

    def transcript(self, ticket: TicketId) -> str:
        return "".join(
            d.html for _, d in self.tickets[ticket].comments if d is not None and not d.public
        )


@dataclass
class FakeBot(FakeProvider):
    """Repeats what it answers to, so that one can see which messages got an answer."""

    asked: list[BotRequest] = field(default_factory=list)

    def answer(self, request: BotRequest) -> BotTurn:
        self.doing("answer", lambda: self.asked.append(request))
        new = [
            x.text for x in request.lines if x.speaker == "customer" and x.number > request.answered
        ]
        return BotTurn("re: " + " | ".join(new), BotDecision.ANSWER)

    def close(self) -> None: ...

    def summarise(self, request: SummaryRequest) -> Summary:
        self.doing("summarise", lambda: None)
        return replace(SUMMARY, topic="late delivery")


CHANNEL = "sms-us"


@dataclass
class Rig:
    db: Database
    channel: FakeChannel = field(default_factory=FakeChannel)
    desk: FakeDesk = field(default_factory=FakeDesk)
    bot: FakeBot = field(default_factory=FakeBot)
    policy: Policy = POLICY
    at: datetime = T0
    seed: int = 0
    resend_unproven: bool = False
    texts: int = 0

    def __post_init__(self) -> None:
        self.desk.now = lambda: self.at
        self.random = random.Random(self.seed)
        self.parts = Parts(
            db=self.db,
            channels={
                CHANNEL: ChannelParts(
                    CHANNEL, self.channel, self.policy, self.bot, "main", self.resend_unproven
                )
            },
            helpdesks={"main": self.desk},
            now=lambda: self.at,
            wake=lambda lane, at=None: None,
        )

    def hook(self, hook: Hook) -> None:
        for provider in (self.channel, self.desk, self.bot):
            provider.hook = hook

    # --- what happens outside

    def texts_in(self, text: str, customer: str = "+15550123", sid: str | None = None) -> int:
        self.texts += 1
        name = ExternalId(sid or f"SM{self.texts}")
        return receive.from_channel(
            self.parts, CHANNEL, [InboundMessage(name, Address(customer), text, raw={})]
        )

    def consents(self, word: str, customer: str = "+15550123") -> None:
        self.texts += 1
        given = InboundConsent(ExternalId(f"SM{self.texts}"), Address(customer), word, word, {})
        receive.from_channel(self.parts, CHANNEL, [given])

    def receipt(self, sid: str, status: str, customer: str = "+15550123", **more: str) -> None:
        got = InboundReceipt(
            ExternalId(f"{sid}:{status}"), ExternalId(sid), Address(customer), status, {}
        )
        receive.from_channel(self.parts, CHANNEL, [replace(got, **more)])  # type: ignore[arg-type]

    def webhook(self, ticket: str, delivery: str = "") -> int:
        self.texts += 1
        name = delivery or f"d{self.texts}"
        return receive.from_helpdesk(self.parts, "main", [TicketId(ticket)], name)

    # --- running

    def lanes_due(self) -> list[Lane]:
        found = self.db.read(lanes.waiting)
        return sorted(lane for lane, due in found.items() if due <= self.at)

    def drain(self, limit: int = 500) -> None:
        """Everything that is due now, the lanes in an order that the seed chooses."""
        for _ in range(limit):
            due = self.lanes_due()
            if not due:
                return
            step(self.parts, self.random.choice(due))
        raise AssertionError(f"does not come to rest: {self.lanes_due()}")

    def passes(self, seconds: float) -> None:
        """Time goes by, stopping wherever something falls due."""
        end = self.at + timedelta(seconds=seconds)
        for _ in range(1000):
            self.drain()
            upcoming = [due for due in self.db.read(lanes.waiting).values() if due <= end]
            if not upcoming:
                break
            self.at = max(self.at, min(upcoming))
        self.at = end
        self.drain()

    def phone(self, customer: str = "+15550123") -> list[str]:
        return self.channel.phones.get(Address(customer), [])
