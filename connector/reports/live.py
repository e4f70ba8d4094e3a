"""What is going on at this moment: who has the conversations, who waits, what does not work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, String, and_, case, cast, func, literal_column, select

from connector.domain.conversation import Ended, HandingOff, Solved, WithAgent, WithBot
from connector.domain.ids import ConversationId
from connector.storage.tables import circuits, conversations, episodes, inbox, messages, outbox

HOLDERS = tuple(kind.__name__ for kind in (WithBot, HandingOff, WithAgent, Solved))
WAITING_SHOWN = 50
c, e, m, i, o = conversations.c, episodes.c, messages.c, inbox.c, outbox.c


@dataclass(frozen=True)
class Waiting:
    """A customer whom nobody has answered since they were handed over, or since they wrote."""

    conversation: ConversationId
    channel: str
    address: str
    trigger: str | None
    since: datetime
    ticket: str | None


@dataclass(frozen=True)
class Upstream:
    """A provider that failed last time. `open_until` is set while it is left alone."""

    name: str  # "helpdesk:main"
    failures: int  # in a row
    open_until: datetime | None


@dataclass(frozen=True)
class Live:
    holders: dict[str, int]  # by the holder's name, all four of them
    waiting: tuple[Waiting, ...]  # the longest first, at most WAITING_SHOWN
    waiting_number: int
    oldest_event: datetime | None  # arrived and not handled
    events: int  # not handled
    calls: int  # ordered and not done
    buried: int
    unhandled_twice: int  # events that could not be handled
    upstreams: tuple[Upstream, ...]  # those that fail


def live(connection: Connection) -> Live:
    counted = select(c.holder, func.count()).where(c.holder != Ended.__name__).group_by(c.holder)
    found = {row[0]: int(row[1]) for row in connection.execute(counted)}
    longest = waiting(connection)
    open_events = i.handled_at.is_(None)
    events = select(func.min(i.received_at), func.count()).where(open_events)
    oldest, number = connection.execute(events).one()
    parked = select(func.count()).where(open_events, i.failures > 0)
    calls = select(func.count()).select_from(outbox).where(o.done_at.is_(None))
    buried = select(func.count()).where(literal_column("outbox.state = 'buried'"))
    return Live(
        holders={name: found.get(name, 0) for name in HOLDERS},
        waiting=tuple(longest[:WAITING_SHOWN]),
        waiting_number=len(longest),
        oldest_event=oldest,
        events=number,
        calls=connection.execute(calls).scalar_one(),
        buried=connection.execute(buried.select_from(outbox)).scalar_one(),
        unhandled_twice=connection.execute(parked).scalar_one(),
        upstreams=_upstreams(connection),
    )


def waiting(connection: Connection) -> list[Waiting]:
    """All of them, the longest first."""
    here = and_(m.conversation_id == c.id, m.episode == c.episode)
    answered = (
        select(func.max(m.seq))
        .where(here, literal_column("messages.author = 'agent'"))
        .scalar_subquery()
    )
    last = select(c.id, c.episode, c.channel, c.address, answered.label("answered"))
    held = last.where(c.holder.in_((HandingOff.__name__, WithAgent.__name__))).subquery()
    wrote = (
        select(func.min(m.at))
        .where(
            m.conversation_id == held.c.id,
            m.episode == held.c.episode,
            m.author == "customer",
            m.seq > held.c.answered,
        )
        .scalar_subquery()
    )
    since = case((held.c.answered.is_(None), e.handed_off_at), else_=wrote).label("since")
    asked = (
        select(held.c.id, held.c.channel, held.c.address, e.trigger, since, e.ticket)
        .join(episodes, e.id == held.c.id + "-" + cast(held.c.episode, String))
        .where(since.is_not(None))
        .order_by(since)
    )
    return [Waiting(*row) for row in connection.execute(asked)]


def _upstreams(connection: Connection) -> tuple[Upstream, ...]:
    k = circuits.c
    asked = select(k.upstream, k.failures, k.open_until).where(k.failures > 0).order_by(k.upstream)
    return tuple(Upstream(*row) for row in connection.execute(asked))
