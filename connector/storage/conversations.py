"""Conversations with their messages and episodes: loaded whole, saved by what changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from connector.domain.conversation import EARLIER_MESSAGES, Author, Conversation, Episode, Message
from connector.domain.handoff.base import Considered
from connector.domain.ids import Address, ConversationId, ExternalId, person_digest
from connector.errors import StaleConversation
from connector.storage import codec, cursors, tables
from connector.storage.once import insert_once
from connector.storage.prepared import Prepared

_STATE = Prepared(
    select(
        tables.conversations.c.holder, tables.conversations.c.state, tables.conversations.c.version
    ).where(tables.conversations.c.id == bindparam("conversation"))
)
_OF_ADDRESS = select(tables.conversations.c.id).where(
    tables.conversations.c.channel == bindparam("on"),
    tables.conversations.c.address == bindparam("of"),
)


@cache
def _of_address(dialect: str) -> Prepared:
    # On a server whoever forgets it waits for those who have found it.
    shared = _OF_ADDRESS.with_for_update(read=True, key_share=True)
    return Prepared(shared if dialect == "postgresql" else _OF_ADDRESS)


_MESSAGES = Prepared(
    select(tables.messages.c.body)
    .where(
        tables.messages.c.conversation_id == bindparam("conversation"),
        tables.messages.c.episode >= bindparam("first"),
    )
    .order_by(tables.messages.c.seq)
)
_SAVE = Prepared(
    update(tables.conversations)
    .where(
        tables.conversations.c.id == bindparam("ours"),
        tables.conversations.c.version == bindparam("known"),
    )
    .values({n: bindparam(n) for n in ("holder", "episode", "state", "version", "updated_at")})
)
_ADD_MESSAGE = Prepared(insert(tables.messages))
_CHANGE_MESSAGE = Prepared(
    update(tables.messages)
    .where(tables.messages.c.id == bindparam("ours"))
    .values(
        {
            n: bindparam(n)
            for n in ("conversation_id", "seq", "episode", "author", "delivery", "at", "body")
        }
    )
)
# Who said STOP and was forgotten; the conversation that begins anew remembers it from here on.
_OPTED_OUT = Prepared(
    delete(tables.opt_outs).where(tables.opt_outs.c.digest == bindparam("person"))
)
_ADD_EPISODE = Prepared(insert(tables.episodes))
_CHANGE_EPISODE = Prepared(
    update(tables.episodes)
    .where(tables.episodes.c.id == bindparam("ours"))
    .values(
        {
            n: bindparam(n)
            for n in (
                "ended_at",
                "outcome",
                "trigger",
                "handed_off_at",
                "ticket",
                "score",
                "language",
                "topic",
                "ticket_at",
                "replied_at",
                "reopened",
                "came_back",
            )
        }
    )
)
_ADD_CONSIDERED = insert(tables.considered)


SALT = "forgotten"  # the cursor that changes whenever somebody is forgotten


def of_address(connection: Connection, channel: str, address: Address) -> ConversationId | None:
    """The conversation of this address on this channel; it can't be forgotten before the commit."""
    asked = {"on": channel, "of": address}
    row = _of_address(connection.dialect.name)(connection, asked).first()
    return None if row is None else ConversationId(row.id)


def ensure(connection: Connection, channel: str, address: Address, at: datetime) -> ConversationId:
    """The conversation of this address on this channel, begun if it is new."""
    known = of_address(connection, channel, address)
    if known is not None:
        return known
    person = person_digest(channel, address)
    salt = cursors.get(connection, SALT) or ""
    begun = replace(
        Conversation.begin(channel, address, salt),
        opted_out=_OPTED_OUT(connection, {"person": person}).rowcount > 0,
    )
    row = {
        "id": begun.id,
        "channel": channel,
        "address": address,
        "holder": codec.holder_kind(begun),
        "episode": begun.episode.number,
        "state": codec.dump_state(begun),
        "version": 1,
        "updated_at": at,
    }
    # Another process may begin it at the same instant, before this one sees it.
    insert_once(connection, tables.conversations, (), row)
    return of_address(connection, channel, address) or begun.id


def known_externals(connection: Connection, wanted: ConversationId) -> frozenset[ExternalId]:
    """The providers' ids of everything that we know to have been sent."""
    m = tables.messages
    rows = connection.execute(select(m.c.body).where(m.c.conversation_id == wanted))
    return frozenset(x for r in rows for x in codec.load_message(r.body).external)


def last_heard(connection: Connection, channel: str, address: Address) -> datetime | None:
    """When the customer wrote last, in any episode."""
    m, c = tables.messages, tables.conversations
    theirs = (
        select(m.c.at)
        .join(c, c.c.id == m.c.conversation_id)
        .where(c.c.channel == channel, c.c.address == address, m.c.author == Author.CUSTOMER)
    )
    return connection.scalar(theirs.order_by(m.c.seq.desc()).limit(1))


def load(connection: Connection, wanted: ConversationId) -> Conversation | None:
    """With the messages of its episode, and the end of the one before."""
    row = _STATE(connection, {"conversation": wanted}).first()
    if row is None:
        return None
    conversation = codec.load_state(row.holder, row.state)
    number = conversation.episode.number
    found = _MESSAGES(connection, {"conversation": wanted, "first": number - 1})
    messages = [codec.load_message(r.body) for r in found]
    return replace(
        conversation,
        messages=tuple(x for x in messages if x.episode == number),
        # What was emptied since tells the bot nothing.
        earlier=tuple(x for x in messages if x.episode < number and (x.text or x.media))[
            -EARLIER_MESSAGES:
        ],
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
            _ADD_MESSAGE(connection, {"id": message.id, **_message(after, message)})
        elif known[message.id] != message:
            _CHANGE_MESSAGE(connection, {"ours": message.id, **_message(after, message)})
    for episode in (*ended, after.episode):
        if episode.started_at is not None and episode != before.episode:
            _save_episode(connection, after, episode)


def _save_state(
    connection: Connection, before: Conversation, after: Conversation, at: datetime
) -> None:
    values = {
        "ours": after.id,
        "known": before.version,
        "holder": codec.holder_kind(after),
        "episode": after.episode.number,
        "state": codec.dump_state(after),
        "version": before.version + 1,
        "updated_at": at,
    }
    if _SAVE(connection, values).rowcount != 1:
        raise StaleConversation(after.id)


def _message(conversation: Conversation, message: Message) -> dict[str, object]:
    return {
        "conversation_id": conversation.id,
        "seq": message.seq,
        "episode": message.episode,
        "author": message.author.value,
        "delivery": message.delivery.value,
        "at": message.at,
        "body": codec.dump(message),
    }


def _save_episode(connection: Connection, conversation: Conversation, episode: Episode) -> None:
    values: dict[str, object] = {
        "ended_at": episode.ended_at,
        "outcome": episode.outcome.value if episode.outcome else None,
        "trigger": episode.trigger.value if episode.trigger else None,
        "handed_off_at": episode.handed_off_at,
        "ticket": episode.ticket,
        "score": episode.score,
        # A model may call a language anything; the column is short.
        "language": (conversation.language or "")[:20] or None,
        "topic": episode.topic,
        "ticket_at": episode.ticket_at,
        "replied_at": episode.replied_at,
        "reopened": episode.reopened,
        "came_back": episode.came_back.value if episode.came_back else None,
    }
    if _CHANGE_EPISODE(connection, {"ours": episode.id, **values}).rowcount:
        return
    fixed = {
        "id": episode.id,
        "conversation_id": conversation.id,
        "channel": conversation.channel,
        "number": episode.number,
        "started_at": episode.started_at,
    }
    _ADD_EPISODE(connection, fixed | values)


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
        connection.execute(_ADD_CONSIDERED, rows)
