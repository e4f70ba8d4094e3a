"""A conversation, forgotten: what is left of it says that there was one, when, and how it ended.

Rows keep their shape (who wrote, when, how it was delivered, which triggers were looked at, what was
called and how often), so that no report of a past month changes. What they said is gone, and so is
every id that leads back to the customer: the conversation gets another name, made of nothing but
chance. `docs/DATA.md` lists what stays.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, delete, func, select, text, update

from connector.domain.conversation import Conversation, Ended, Episode, Outcome
from connector.domain.ids import (
    Address,
    ConversationId,
    episode_id,
    person_digest,
)
from connector.storage import codec, conversations, cursors, emptying, once, owned
from connector.storage.begins import begins
from connector.storage.inbox import digest
from connector.storage.outbox import State
from connector.storage.owned import LeftTicket
from connector.storage.tables import (
    audit,
    considered,
    episodes,
    inbox,
    links,
    messages,
    metadata,
    opt_outs,
    outbox,
    paces,
    timers,
)
from connector.storage.tables import conversations as conversations_

# The tables that are gone through one by one.
OWN = (messages, episodes, considered, inbox, outbox, timers, links)
FORGOTTEN = "forgotten "  # how an address begins that is none any more
MARK = "f"  # how the id of a forgotten conversation begins
# May have happened: whether a ticket was made, and which, is not known yet.
IN_DOUBT = (State.TRYING.value, State.UNCERTAIN.value)


class TicketUnderWay(Exception):
    """Its ticket is being made at this moment, or may have been: nobody knows yet which it is."""


@dataclass(frozen=True)
class Left:
    """What is left of a conversation, and the tickets that were its."""

    id: ConversationId
    channel: str
    tickets: tuple[LeftTicket, ...]
    fields: tuple[str, ...]  # the ids of ticket fields that it filled


def forget(connection: Connection, ours: ConversationId, now: datetime) -> Left | None:
    """In one transaction, whatever is under way; None if there is no such conversation.

    Raise TicketUnderWay where a ticket would be left behind that nobody knows of.
    """
    found = _locked(connection, ours)
    if found is None:
        return None
    if _opening(connection, ours):
        raise TicketUnderWay
    name = ConversationId(MARK + secrets.token_hex(10))
    tickets, others = owned.tickets(connection, ours)
    fields = owned.fields(connection, ours)
    _end_work(connection, ours, name, now)
    for number in numbers(connection, ours):
        emptying.messages(connection, ours, number)
    emptying.what_others_read(connection, others)
    _rename(connection, ours, name, now)
    _replace(connection, found, name, now)
    cursors.put(connection, conversations.SALT, secrets.token_hex(8), now)
    return Left(name, found.channel, tickets, fields)


def _locked(connection: Connection, ours: ConversationId) -> Any:
    """On a server: whoever is at work on it has finished, in the order in which they take it up."""
    c, i, o, t = conversations_.c, inbox.c, outbox.c, timers.c
    for work in (
        select(i.id).where(i.conversation_id == ours, i.handled_at.is_(None)),
        select(o.id).where(*owned.calls_of(connection, ours), o.done_at.is_(None)),
        select(t.name).where(t.conversation_id == ours),
    ):
        connection.execute(work.with_for_update()).all()
    asked = select(c.channel, c.address, c.holder, c.state, c.episode).where(c.id == ours)
    return connection.execute(asked.with_for_update()).first()


def _opening(connection: Connection, ours: ConversationId) -> bool:
    o = outbox.c
    asked = select(o.id).where(
        *owned.calls_of(connection, ours), o.kind == "OpenTicket", o.state.in_(IN_DOUBT)
    )
    return connection.execute(asked).first() is not None


def numbers(connection: Connection, ours: ConversationId) -> list[int]:
    """The episodes that have messages."""
    m = messages.c
    asked = select(m.episode).distinct().where(m.conversation_id == ours)
    return sorted(connection.scalars(asked))


def _end_work(
    connection: Connection, ours: ConversationId, name: ConversationId, now: datetime
) -> None:
    """Nothing is waited for any more. What is under way at a provider comes back to nobody.

    Twice through the outbox: on a server a decision may be about to be kept, with orders of its own;
    it holds the event or the timer that led to it, and we have waited for that in between.
    """
    o, i = outbox.c, inbox.c
    _end_calls(connection, ours, now)
    connection.execute(delete(timers).where(timers.c.conversation_id == ours))
    for row in connection.execute(
        select(i.id, i.source, i.external_id).where(i.conversation_id == ours)
    ).all():
        # An outcome's name is the number of our own call; all others are the provider's.
        told = row.external_id if row.source == "outbox" else digest(row.external_id)
        connection.execute(update(inbox).where(i.id == row.id).values(external_id=told))
    nothing = {"payload": emptying.NOTHING, "raw": None, "conversation_id": name}
    handled = func.coalesce(i.handled_at, now)
    connection.execute(
        update(inbox).where(i.conversation_id == ours).values(**nothing, handled_at=handled)
    )
    _end_calls(connection, ours, now)
    renamed = {"key": func.replace(o.key, ours, name), "conversation_id": name}
    connection.execute(
        update(outbox)
        .where(*owned.calls_of(connection, ours))
        .values(**renamed, payload=emptying.NOTHING)
    )


def _end_calls(connection: Connection, ours: ConversationId, now: datetime) -> None:
    o = outbox.c
    opened = update(outbox).where(*owned.calls_of(connection, ours), o.done_at.is_(None))
    connection.execute(opened.values(state=State.CANCELLED.value, done_at=now))
    buried = update(outbox).where(*owned.calls_of(connection, ours), o.state == State.BURIED.value)
    connection.execute(buried.values(state=State.DROPPED.value))


def _rename(
    connection: Connection, ours: ConversationId, name: ConversationId, now: datetime
) -> None:
    m, e, k, a = messages.c, episodes.c, considered.c, audit.c
    mine: Iterable[tuple[Any, Any, dict[str, Any]]] = (
        (
            messages,
            m.conversation_id == ours,
            {"id": func.replace(m.id, ours, name), "body": func.replace(m.body, ours, name)},
        ),
        (
            episodes,
            begins(connection, e.id, f"{ours}-"),
            {
                "id": func.replace(e.id, ours, name),
                "ticket": None,
                "emptied_at": now,
                # Each has one outcome: an open one is let go now.
                "ended_at": func.coalesce(e.ended_at, now),
                "outcome": func.coalesce(e.outcome, Outcome.RELEASED.value),
            },
        ),
        (
            considered,
            begins(connection, k.episode_id, f"{ours}-"),
            {"episode_id": func.replace(k.episode_id, ours, name), "evidence": "[]"},
        ),
    )
    for table, condition, values in mine:
        connection.execute(update(table).where(condition).values(conversation_id=name, **values))
    _rename_elsewhere(connection, ours, name)
    connection.execute(delete(links).where(links.c.conversation_id == ours))
    for column in (a.subject, a.came_to):
        changed = {column.name: func.replace(column, ours, name)}
        connection.execute(update(audit).where(column.contains(ours)).values(**changed))
    connection.execute(delete(paces).where(paces.c.name.contains(ours)))
    _jobs(connection, ours)


def _rename_elsewhere(connection: Connection, ours: ConversationId, name: ConversationId) -> None:
    """In tables that hold ids and counts and no words: each column in which the id may stand."""
    for table in metadata.tables.values():
        if "conversation_id" in table.c and table not in OWN:
            texts = [c for c in table.c if isinstance(c.type, String)]
            values = {c.name: func.replace(c, ours, name) for c in texts}
            connection.execute(
                update(table).where(table.c.conversation_id == ours).values(**values)
            )


def _jobs(connection: Connection, ours: ConversationId) -> None:
    """On a server: the jobs of its lanes, as far as none of them runs."""
    if connection.dialect.name != "postgresql":
        return
    there = connection.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar()
    if there is not None:
        gone = "DELETE FROM procrastinate_jobs WHERE lock LIKE :mine AND status <> 'doing'"
        connection.execute(text(gone), {"mine": f"{ours} %"})


def _replace(connection: Connection, found: Any, name: ConversationId, now: datetime) -> None:
    """In the conversation's place one that is over, of nobody."""
    before = codec.load_state(found.holder, found.state)
    address = Address(FORGOTTEN + name)
    outcome = before.episode.outcome or Outcome.RELEASED
    nobody = Conversation(
        id=name,
        channel=found.channel,
        address=address,
        episode=replace(
            Episode(before.episode.number, episode_id(name, before.episode.number)),
            started_at=before.episode.started_at,
            ended_at=before.episode.ended_at or now,
            outcome=outcome,
        ),
        holder=Ended(outcome),
        seq=before.seq,
    )
    c = conversations_.c
    connection.execute(
        update(conversations_)
        .where(c.channel == found.channel, c.address == found.address)
        .values(
            id=name,
            address=address,
            holder=codec.holder_kind(nobody),
            state=codec.dump_state(nobody),
            version=c.version + 1,
            updated_at=now,
        )
    )
    _forget_person(connection, found, now, stopped=before.opted_out)


def _forget_person(connection: Connection, found: Any, now: datetime, *, stopped: bool) -> None:
    """What is called after the address goes; STOP goes on to count, under a digest of it."""
    connection.execute(delete(paces).where(paces.c.name.contains(found.address, autoescape=True)))
    if stopped:
        row = {"digest": person_digest(found.channel, found.address), "at": now}
        once.insert_once(connection, opt_outs, ("digest",), row)
