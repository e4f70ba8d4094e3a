"""Months of episodes, made up but the same every time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select

from connector.domain.conversation import (
    Author,
    Conversation,
    Delivery,
    Desk,
    Ended,
    Episode,
    Message,
    Outcome,
    WithAgent,
    WithBot,
)
from connector.domain.handoff.base import Considered, Evidence, Trigger
from connector.domain.ids import (
    Address,
    ExternalId,
    MessageId,
    TicketId,
    conversation_id,
    episode_id,
    message_id,
)
from connector.storage import codec, tables
from connector.storage.engine import Database
from connector.storage.watched import model_calls, spend
from tests.reports.spoken import AGENTS, HANDED, NAMES, PLEAS, SUBJECTS, WHICH

CHANNELS = ("sms-us", "sms-us", "sms-eu", "whatsapp")
LANGUAGES = ("en", "en", "en", "es", "de", None)
WHY = (
    [Trigger.EXPLICIT_REQUEST] * 5 + [Trigger.FRUSTRATION] * 2 + [Trigger.NO_PROGRESS] * 3
    + [Trigger.MODEL] * 3 + [Trigger.BOT_FAILURE, Trigger.LEGAL, Trigger.OFFER_ACCEPTED]
)  # fmt: skip
TOPICS = (
    ["late delivery"] * 6 + ["refund status"] * 4 + ["wrong size"] * 2 + ["opening hours"] * 2
    + ["gift card", "password reset", "size of the box", "warranty", None]
)  # fmt: skip
BEFORE = (Outcome.BOT_RESOLVED, Outcome.BOT_RESOLVED, Outcome.AGENT_RESOLVED, Outcome.ABANDONED)
AT_ONCE = 2000


def generate(
    db: Database, number: int, now: datetime, per_episode: int = 4, days: int = 300, first: int = 0
) -> None:
    """So many conversations with one episode each, spread over the days before `now`.

    `first`: so many of them are there already, from a run that was stopped.
    """
    rows: dict[Table, list[dict[str, Any]]] = {}

    def keep(connection: Connection) -> None:
        for table, some in rows.items():
            connection.execute(insert(table), some)

    for place in range(first, number):
        for table, row in _conversation(
            random.Random(place), place, number, now, per_episode, days
        ):
            rows.setdefault(table, []).append(row)
        if place % AT_ONCE == AT_ONCE - 1 or place == number - 1:
            db.write(keep)
            rows.clear()
    db.write(_add_up)


def _add_up(connection: Connection) -> None:
    """What each day cost, from what each call did."""
    k = model_calls.c
    days = (k.day, k.channel, k.model, k.priced)
    sums = (k.tries, k.input, k.output, k.cache_write, k.cache_read, k.nano)
    found = select(*days, *(func.sum(each) for each in sums)).group_by(*days)
    connection.execute(delete(spend))
    connection.execute(insert(spend).from_select([c.name for c in spend.c], found))


def _conversation(
    chance: random.Random, place: int, number: int, now: datetime, per_episode: int, days: int
) -> Iterator[tuple[Table, dict[str, Any]]]:
    age = days * (number - place) / number  # in days: the newest come last
    started = now - timedelta(days=age) + timedelta(seconds=chance.randrange(3000))
    handed = chance.random() < 0.18 + 0.2 * age / days  # it gets better
    why = chance.choice(WHY) if handed else None
    live = age < 0.5 and chance.random() < 0.5
    outcome = None if live else _outcome(chance, handed)
    # The third message has been said; the fourth tells of the ticket.
    at = started + timedelta(seconds=103)
    ended = at + timedelta(minutes=chance.randrange(5, 600))
    reply = at + timedelta(minutes=chance.randrange(1, 45))
    channel, address = chance.choice(CHANNELS), Address(f"+1555{place:07}")
    ours = conversation_id(channel, address)
    ticket = TicketId(str(10000 + place)) if handed else None
    episode = Episode(
        1, episode_id(ours, 1), started, ended if outcome else None, outcome, why,
        at if handed else None, ticket,
    )  # fmt: skip
    made = Conversation(
        ours, channel, address, episode,
        Ended(outcome) if outcome
        else WithAgent(Desk(ticket, ExternalId("900")), at) if ticket else WithBot(),
        language=chance.choice(LANGUAGES),
        customer_name=NAMES[place % len(NAMES)] if place % 3 else None,
    )  # fmt: skip
    yield tables.conversations, {
        "id": ours, "channel": channel, "address": address, "holder": codec.holder_kind(made),
        "episode": 1, "state": codec.dump_state(made), "version": 2, "updated_at": at,
    }  # fmt: skip
    opened = at + timedelta(seconds=chance.randrange(1, 9))
    topic = chance.choice(TOPICS) if handed else None
    solved = outcome is Outcome.AGENT_RESOLVED
    came_back = chance.random() < 0.06
    yield tables.episodes, {
        "id": episode.id, "conversation_id": ours, "channel": channel, "number": 1,
        "started_at": started, "ended_at": episode.ended_at, "outcome": outcome, "trigger": why,
        "handed_off_at": episode.handed_off_at, "ticket": ticket, "language": made.language,
        "topic": topic, "ticket_at": opened if handed else None,
        "replied_at": reply if handed and outcome else None,
        "score": chance.choice((1, 3, 4, 5, 5)) if solved and chance.random() < 0.3 else None,
        "reopened": int(solved and chance.random() < 0.08),
        "came_back": chance.choice(BEFORE) if came_back else None,
    }  # fmt: skip
    subject = topic or sorted(SUBJECTS)[place % len(SUBJECTS)]
    yield from _said(made, subject, place, per_episode, reply if handed and outcome else None)
    yield from _asked(made, random.Random(f"cost {place}"), per_episode)
    if handed:
        yield from _handed_over(made, subject, place, at, opened)


def _outcome(chance: random.Random, handed: bool) -> Outcome:
    if handed:
        return Outcome.AGENT_RESOLVED if chance.random() < 0.97 else Outcome.RELEASED
    return chance.choice([Outcome.BOT_RESOLVED] * 7 + [Outcome.ABANDONED] * 3 + [Outcome.OPTED_OUT])


def _talk(subject: str, place: int, trigger: Trigger | None) -> list[tuple[Author, str]]:
    """Four messages; the third is what decides, if anything does."""
    about = SUBJECTS[subject]
    asks, other = about.asks if place % 2 else about.asks[::-1]
    if trigger is None:
        second, third, fourth = WHICH, "4711", about.bot
    else:
        second, third, fourth = about.bot, PLEAS.get(trigger, (other, ""))[0], HANDED
    last = Author.CONNECTOR if trigger else Author.BOT
    return [(Author.CUSTOMER, asks), (Author.BOT, second), (Author.CUSTOMER, third), (last, fourth)]


def _said(
    made: Conversation, subject: str, place: int, per_episode: int, reply: datetime | None
) -> Iterator[tuple[Table, dict[str, Any]]]:
    started = made.episode.started_at
    assert started is not None
    talk = _talk(subject, place, made.episode.trigger)
    said = [(*talk[n % len(talk)], started + timedelta(seconds=50 * n)) for n in range(per_episode)]
    if reply:
        said.append((Author.AGENT, SUBJECTS[subject].agent, reply))
    for seq, (author, text, at) in enumerate(said, 1):
        sent = Delivery.RECEIVED if author is Author.CUSTOMER else Delivery.DELIVERED
        ours = MessageId(message_id(made.id, seq))
        name = AGENTS[place % len(AGENTS)] if author is Author.AGENT else None
        message = Message(ours, seq, 1, author, text, at, sent, author_name=name)
        yield tables.messages, {
            "id": ours, "conversation_id": made.id, "seq": seq, "episode": 1, "author": author,
            "delivery": sent, "at": at, "body": codec.dump(message),
        }  # fmt: skip


def _asked(
    made: Conversation, chance: random.Random, per_episode: int
) -> Iterator[tuple[Table, dict[str, Any]]]:
    """A call of the model for every second message."""
    started = made.episode.started_at
    assert started is not None
    for number in range(per_episode // 2):
        new, read, written = chance.randrange(300, 900), 4200, chance.randrange(40, 200)
        yield model_calls, {
            "key": f"{made.episode.id}:bot:{number}", "conversation_id": made.id,
            "episode_id": made.episode.id, "channel": made.channel, "model": "claude-haiku-4-5",
            "day": started.date().isoformat(), "ordered_at": started, "reserved": 0, "tries": 1,
            "input": new, "output": written, "cache_write": 0, "cache_read": read,
            "nano": new * 1000 + written * 5000 + read * 100, "priced": True,
        }  # fmt: skip


def _handed_over(
    made: Conversation, subject: str, place: int, at: datetime, opened: datetime
) -> Iterator[tuple[Table, dict[str, Any]]]:
    trigger = made.episode.trigger
    assert trigger is not None
    quote = _talk(subject, place, trigger)[2][1]
    why = PLEAS.get(trigger, ("", "said by the model"))[1]
    proof = Evidence((message_id(made.id, 3),), quote, why)
    hit = Considered(trigger, True, 0.91, 0.5, (proof,))
    yield tables.considered, {
        "conversation_id": made.id, "episode_id": made.episode.id, "at": at, "trigger": trigger,
        "fired": True, "decided": True, "score": hit.score, "threshold": hit.threshold,
        "source": hit.source, "evidence": codec.dump_evidence(hit.evidence),
    }  # fmt: skip
    note = (
        f'{{"key": "k", "draft": {{"note_html": "<h3>Handoff: {trigger.value}</h3>'
        f'<p><b>The customer asks about:</b> {subject}</p>"}}}}'
    )
    yield tables.outbox, {
        "conversation_id": made.id, "direction": "ticket", "key": f"{made.episode.id}:ticket:0",
        "kind": "OpenTicket", "payload": note, "state": "done", "due_at": at, "created_at": at,
        "done_at": opened, "attempts": 1,
    }  # fmt: skip
