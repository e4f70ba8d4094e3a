"""Episodes as rows, written as they would be stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert

from connector.domain.conversation import (
    Author,
    Conversation,
    Delivery,
    Desk,
    Ended,
    Episode,
    HandingOff,
    Holder,
    Message,
    Outcome,
    WithAgent,
    WithBot,
)
from connector.domain.handoff.base import Considered, Evidence, Trigger
from connector.domain.ids import Address, ExternalId, TicketId, conversation_id, message_id
from connector.storage import codec, tables
from connector.storage.engine import Database

MINUTE = timedelta(minutes=1)
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class Told:
    """One episode of a conversation of its own; what is not said is as plain as can be."""

    started: datetime
    trigger: Trigger | None = None
    outcome: Outcome | None = None
    channel: str = "sms-us"
    language: str | None = "en"
    handed_off: timedelta = timedelta(0)  # after the start
    ticket: timedelta | None = None  # the rest: after the handoff
    reply: timedelta | None = None
    ended: timedelta = timedelta(minutes=30)
    number: int = 1
    name: str | None = None
    texts: list[tuple[Author, str]] = field(default_factory=list)
    wrote_again: timedelta | None = None  # the customer, after the handoff
    topic: str | None = None
    score: int | None = None
    reopened: int = 0
    came_back: Outcome | None = None

    @property
    def handed_off_at(self) -> datetime | None:
        return self.started + self.handed_off if self.trigger else None

    def holder(self, considered: Considered | None) -> Holder:
        if self.outcome:
            return Ended(self.outcome)
        if considered is None or self.handed_off_at is None:
            return WithBot()
        if self.ticket is None:
            return HandingOff(considered, self.handed_off_at)
        return WithAgent(Desk(TicketId("41"), ExternalId("900")), self.handed_off_at)


def store(db: Database, *told: Told) -> list[Conversation]:
    return db.write(lambda c: [_store(c, each, place) for place, each in enumerate(told)])


def _store(connection: Connection, told: Told, place: int) -> Conversation:
    address = Address(f"+1555{told.started:%m%d%H%M}{place:02}")
    ours = conversation_id(told.channel, address)
    ticket = TicketId(str(100 + place)) if told.ticket is not None else None
    quote = Evidence((message_id(ours, 1),), "a person please", "asked in words")
    hit = Considered(told.trigger, True, 0.97, 0.5, (quote,)) if told.trigger else None
    episode = Episode(
        number=told.number,
        id=Conversation.begin(told.channel, address).episode.id.replace("-1", f"-{told.number}"),  # type: ignore[arg-type]
        started_at=told.started,
        ended_at=told.started + told.handed_off + told.ended if told.outcome else None,
        outcome=told.outcome,
        trigger=told.trigger,
        handed_off_at=told.handed_off_at,
        ticket=ticket,
        topic=told.topic,
        score=told.score,
        reopened=told.reopened,
        came_back=told.came_back,
    )
    made = Conversation(
        ours, told.channel, address, episode, told.holder(hit), customer_name=told.name,
        language=told.language,
    )  # fmt: skip
    _rows(connection, told, made, hit)
    return made


def _after(told: Told, by: timedelta | None) -> datetime | None:
    return told.handed_off_at + by if told.handed_off_at and by is not None else None


def _rows(connection: Connection, told: Told, made: Conversation, hit: Considered | None) -> None:
    e = made.episode
    state = codec.dump_state(made)
    connection.execute(insert(tables.conversations).values(
        id=made.id, channel=made.channel, address=made.address, holder=codec.holder_kind(made),
        episode=e.number, state=state, version=2, updated_at=told.started,
    ))  # fmt: skip
    connection.execute(insert(tables.episodes).values(
        id=e.id, conversation_id=made.id, channel=made.channel, number=e.number,
        started_at=e.started_at, ended_at=e.ended_at, outcome=e.outcome, trigger=e.trigger,
        handed_off_at=e.handed_off_at, ticket=e.ticket, language=made.language, topic=e.topic,
        score=e.score, reopened=e.reopened, came_back=e.came_back,
        ticket_at=_after(told, told.ticket), replied_at=_after(told, told.reply),
    ))  # fmt: skip
    said = [
        (author, text, told.started + MINUTE * n) for n, (author, text) in enumerate(told.texts)
    ]
    if told.handed_off_at and told.reply is not None:
        said.append((Author.AGENT, "Hello", told.handed_off_at + told.reply))
    if told.handed_off_at and told.wrote_again is not None:
        said.append((Author.CUSTOMER, "And now?", told.handed_off_at + told.wrote_again))
    for seq, (author, text, at) in enumerate(said, 1):
        delivery = Delivery.RECEIVED if author is Author.CUSTOMER else Delivery.DELIVERED
        message = Message(message_id(made.id, seq), seq, e.number, author, text, at, delivery)
        connection.execute(insert(tables.messages).values(
            id=message.id, conversation_id=made.id, seq=seq, episode=e.number, author=author,
            delivery=message.delivery, at=at, body=codec.dump(message),
        ))  # fmt: skip
    if hit:
        connection.execute(insert(tables.considered).values(
            conversation_id=made.id, episode_id=e.id, at=told.started, trigger=hit.trigger,
            fired=True, decided=True, score=hit.score, threshold=hit.threshold, source=hit.source,
            evidence=codec.dump_evidence(hit.evidence),
        ))  # fmt: skip
    if told.ticket is not None and told.handed_off_at:
        call(
            connection,
            made,
            f"{e.id}:ticket:0",
            "OpenTicket",
            "done",
            told.handed_off_at + told.ticket,
        )


def call(
    connection: Connection, made: Conversation, key: str, kind: str, state: str, at: datetime
) -> None:
    connection.execute(insert(tables.outbox).values(
        conversation_id=made.id, direction="ticket", key=key, kind=kind, payload="{}", state=state,
        due_at=at, created_at=at, done_at=at, attempts=1,
    ))  # fmt: skip
