"""Conversations with their messages and episodes: loaded whole, saved by what changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from connector.domain.conversation import EARLIER_MESSAGES, Conversation, Episode, Message
from connector.domain.handoff.base import Considered
from connector.domain.ids import Address, ConversationId, ExternalId
from connector.errors import StaleConversation
from connector.storage import codec, tables


def ensure(connection: Connection, channel: str, address: Address, at: datetime) -> ConversationId:
    """The conversation of this address on this channel, begun if it is new."""
    begun = Conversation.begin(channel, address)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(tables.conversations)
        .values(
            id=begun.id,
            channel=channel,
            address=address,
            holder=codec.holder_kind(begun),
            episode=begun.episode.number,
            state=codec.dump_state(begun),
            version=1,
            updated_at=at,
        )
        .on_conflict_do_nothing(index_elements=["id"])
    )
    return begun.id


def exists(connection: Connection, wanted: ConversationId) -> bool:
    t = tables.conversations
    return connection.execute(select(t.c.id).where(t.c.id == wanted)).first() is not None


def channel_of(connection: Connection, wanted: ConversationId) -> str | None:
    t = tables.conversations
    return connection.execute(select(t.c.channel).where(t.c.id == wanted)).scalar()


def known_externals(connection: Connection, wanted: ConversationId) -> frozenset[ExternalId]:
    """The providers' ids of everything that we know to have been sent."""
    m = tables.messages
    rows = connection.execute(select(m.c.body).where(m.c.conversation_id == wanted))
    return frozenset(x for r in rows for x in codec.load_message(r.body).external)


def load(connection: Connection, wanted: ConversationId) -> Conversation | None:
    """With the messages of its episode, and the end of the one before."""
    t = tables.conversations
    row = connection.execute(
        select(t.c.holder, t.c.state, t.c.version).where(t.c.id == wanted)
    ).first()
    if row is None:
        return None
    conversation = codec.load_state(row.holder, row.state)
    number = conversation.episode.number
    m = tables.messages
    found = connection.execute(
        select(m.c.body)
        .where(m.c.conversation_id == wanted, m.c.episode >= number - 1)
        .order_by(m.c.seq)
    )
    messages = [codec.load_message(r.body) for r in found]
    return replace(
        conversation,
        messages=tuple(x for x in messages if x.episode == number),
        earlier=tuple(x for x in messages if x.episode < number)[-EARLIER_MESSAGES:],
        version=row.version,
    )


def save(
    connection: Connection,
    before: Conversation,
    after: Conversation,
    ended: tuple[Episode, ...],
    at: datetime,
) -> None:
    """Raise StaleConversation if somebody else saved it since `before` was loaded."""
    _save_state(connection, before, after, at)
    known = {m.id: m for m in (*before.messages, *before.earlier)}
    for message in (*after.earlier, *after.messages):
        if message.id not in known:
            connection.execute(insert(tables.messages).values(**_message(after, message)))
        elif known[message.id] != message:
            connection.execute(
                update(tables.messages)
                .where(tables.messages.c.id == message.id)
                .values(**_message(after, message))
            )
    for episode in (*ended, after.episode):
        if episode.started_at is not None:
            _save_episode(connection, after, episode)


def _save_state(
    connection: Connection, before: Conversation, after: Conversation, at: datetime
) -> None:
    t = tables.conversations
    values = {
        "holder": codec.holder_kind(after),
        "episode": after.episode.number,
        "state": codec.dump_state(after),
        "version": before.version + 1,
        "updated_at": at,
    }
    saved = connection.execute(
        update(t).where(t.c.id == after.id, t.c.version == before.version).values(**values)
    )
    if saved.rowcount != 1:
        raise StaleConversation(after.id)


def _message(conversation: Conversation, message: Message) -> dict[str, object]:
    return {
        "id": message.id,
        "conversation_id": conversation.id,
        "seq": message.seq,
        "episode": message.episode,
        "author": message.author.value,
        "delivery": message.delivery.value,
        "at": message.at,
        "body": codec.dump(message),
    }


def _save_episode(connection: Connection, conversation: Conversation, episode: Episode) -> None:
    t = tables.episodes
    values: dict[str, object] = {
        "ended_at": episode.ended_at,
        "outcome": episode.outcome.value if episode.outcome else None,
        "trigger": episode.trigger.value if episode.trigger else None,
        "handed_off_at": episode.handed_off_at,
        "ticket": episode.ticket,
    }
    changed = connection.execute(update(t).where(t.c.id == episode.id).values(**values))
    if changed.rowcount == 0:
        values |= {
            "id": episode.id,
            "conversation_id": conversation.id,
            "channel": conversation.channel,
            "number": episode.number,
            "started_at": episode.started_at,
        }
        connection.execute(insert(t).values(**values))


def save_considered(
    connection: Connection,
    conversation: Conversation,
    considered: tuple[Considered, ...],
    at: datetime,
) -> None:
    """Why a handoff, and why not: the first that fired decided; what saw nothing is left out."""
    first = next((c for c in considered if c.fired), None)
    rows = [
        {
            "conversation_id": conversation.id,
            "episode_id": conversation.episode.id,
            "at": at,
            "trigger": c.trigger.value,
            "fired": c.fired,
            "decided": c is first,
            "score": c.score,
            "threshold": c.threshold,
            "source": c.source,
            "evidence": codec.dump_evidence(c.evidence),
        }
        for c in considered
        if c.fired or c.score > 0
    ]
    if rows:
        connection.execute(insert(tables.considered), rows)
