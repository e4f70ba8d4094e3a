"""What is older than it may be: found in pages, and emptied in pieces that hold the writer for little.

A conversation in which nothing has happened since then is forgotten whole. Of one that goes on, the
episodes that ended before then lose their texts; the open one stays whole, and so does the one before
it, which the bot still has in view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from connector.domain.conversation import Ended, WithBot
from connector.domain.ids import ConversationId
from connector.storage import codec, emptying, forgetting
from connector.storage.begins import begins
from connector.storage.engine import Database
from connector.storage.tables import (
    considered,
    conversations,
    episodes,
    inbox,
    outbox,
    timers,
)

# A webhook may come again for so long, and nothing in it says how old it is.
DEDUPE = timedelta(days=35)
PAGE = 100
DELETED_AT_ONCE = 500
AT_REST = (Ended.__name__, WithBot.__name__)
c, e, i, o, k = conversations.c, episodes.c, inbox.c, outbox.c, considered.c


def quiet(db: Database, before: datetime) -> Iterator[ConversationId]:
    """Conversations in which nothing has happened since then, and nothing waits to."""
    last = ""
    while True:
        asked = (
            select(c.id, c.holder, c.state)
            .where(c.updated_at < before, c.holder.in_(AT_REST), c.id > last)
            .where(c.address.not_like(f"{forgetting.FORGOTTEN}%"))
            .order_by(c.id)
            .limit(PAGE)
        )
        rows = db.read(lambda connection, asked=asked: connection.execute(asked).all())  # type: ignore[misc]
        for row in rows:
            begun = codec.load_state(row.holder, row.state).episode.started_at
            if row.holder == Ended.__name__ or begun is None:
                yield ConversationId(row.id)
        if len(rows) < PAGE:
            return
        last = rows[-1].id


def rests(connection: Connection, ours: ConversationId) -> bool:
    """Nothing of it waits to be done or to happen."""
    waits = (
        select(i.id).where(i.conversation_id == ours, i.handled_at.is_(None)),
        select(o.id).where(o.conversation_id == ours, o.done_at.is_(None)),
        select(timers.c.name).where(timers.c.conversation_id == ours),
    )
    return not any(connection.execute(asked.limit(1)).first() for asked in waits)


def full(db: Database, before: datetime) -> Iterator[tuple[ConversationId, int]]:
    """Episodes that ended before then, have their texts, and are in nobody's view."""
    after: tuple[datetime | None, str] = (None, "")
    while True:
        rows = db.read(lambda connection, after=after: _page(connection, before, after))  # type: ignore[misc]
        for row in rows:
            goes_on = row.holder != Ended.__name__
            if row.number < row.episode - 1 or not goes_on:
                yield ConversationId(row.conversation_id), row.number
        if len(rows) < PAGE:
            return
        after = (rows[-1].ended_at, rows[-1].id)


def _page(connection: Connection, before: datetime, after: tuple[datetime | None, str]) -> list:  # type: ignore[type-arg]
    at, last = after
    asked = (
        select(e.id, e.ended_at, e.conversation_id, e.number, c.holder, c.episode)
        .join(conversations, c.id == e.conversation_id)
        .where(e.emptied_at.is_(None), e.ended_at < before)
    )
    if at is not None:
        asked = asked.where((e.ended_at > at) | ((e.ended_at == at) & (e.id > last)))
    return list(connection.execute(asked.order_by(e.ended_at, e.id).limit(PAGE)))


def empty_messages(db: Database, ours: ConversationId, number: int) -> None:
    """Of one episode, a piece at a time. Cut off anywhere, the rest is done another time."""
    seq = 0
    while True:
        seq = db.write(lambda x, seq=seq: emptying.some_messages(x, ours, number, seq))  # type: ignore[misc]
        if not seq:
            return


def empty_rest(connection: Connection, ours: ConversationId, number: int, now: datetime) -> None:
    """What was heard and ordered until the next episode began, and what its triggers quoted."""
    this = e.id == f"{ours}-{number}"
    following = select(func.min(e.started_at)).where(
        begins(connection, e.id, f"{ours}-"), e.number > number
    )
    until = connection.execute(following).scalar()
    heard = (i.conversation_id == ours) & i.handled_at.is_not(None)
    ordered = begins(connection, o.key, ours) & (o.conversation_id == ours) & o.done_at.is_not(None)
    if until is not None:
        heard, ordered = heard & (i.received_at < until), ordered & (o.created_at < until)
    connection.execute(update(inbox).where(heard).values(payload=emptying.NOTHING, raw=None))
    connection.execute(update(outbox).where(ordered, o.state == "buried").values(state="dropped"))
    connection.execute(update(outbox).where(ordered).values(payload=emptying.NOTHING))
    connection.execute(
        update(considered).where(k.episode_id == f"{ours}-{number}").values(evidence="[]")
    )
    connection.execute(update(episodes).where(this).values(emptied_at=now))
    _forget_lesson(connection, ours, number)


def _forget_lesson(connection: Connection, ours: ConversationId, number: int) -> None:
    """What an agent said last goes on to be known to the bot, unless that was in this episode."""
    later = select(e.id).where(
        begins(connection, e.id, f"{ours}-"), e.number > number, e.trigger.is_not(None)
    )
    if connection.execute(later).first() is not None:
        return
    row = connection.execute(select(c.holder, c.state, c.version).where(c.id == ours)).one()
    known = codec.load_state(row.holder, row.state)
    if known.lesson:
        state = codec.dump_state(replace(known, lesson=""))
        same = update(conversations).where(c.id == ours, c.version == row.version)
        connection.execute(same.values(state=state, version=row.version + 1))


def drop_handled(db: Database, before: datetime, goes_on: Callable[[], bool]) -> int:
    """Rows that say only that something was told once, as soon as it can't be told again."""
    last, dropped = 0, 0
    while goes_on():
        asked = (
            select(i.id, i.payload, i.handled_at)
            .where(i.id > last, i.received_at < before)
            .order_by(i.id)
            .limit(DELETED_AT_ONCE)
        )
        rows = db.read(lambda connection, asked=asked: connection.execute(asked).all())  # type: ignore[misc]
        ids = [r.id for r in rows if r.payload == emptying.NOTHING and r.handled_at is not None]
        if ids:
            gone = delete(inbox).where(i.id.in_(ids))
            db.write(lambda connection, gone=gone: connection.execute(gone).rowcount)  # type: ignore[misc]
        dropped += len(ids)
        if len(rows) < DELETED_AT_ONCE:
            break
        last = rows[-1].id
    return dropped
