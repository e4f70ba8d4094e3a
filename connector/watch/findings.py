"""What needs a person at this moment, as far as the database knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, literal_column, select

from connector.pipeline.circuit import THRESHOLD
from connector.reports import live
from connector.storage.alarms import DOWN, WAITING, Alarm
from connector.storage.tables import circuits, conversations, episodes, inbox, outbox

BURIED, JUMP = "buried", "handoff_jump"
# A rate says nothing of a handful of conversations.
FEWEST_NOW, FEWEST_BEFORE, LEAST_POINTS = 20, 100, 10.0
DAY, BASELINE = timedelta(days=1), timedelta(days=28)


@dataclass(frozen=True)
class Bounds:
    """What the operator set in `ops.alerts`."""

    waiting: timedelta = timedelta(minutes=30)
    handoff_jump: float = 1.5


def found(connection: Connection, bounds: Bounds, now: datetime) -> list[Alarm]:
    return [
        *_waiting(connection, bounds, now),
        *_down(connection),
        *_buried(connection),
        *_jumps(connection, bounds, now),
    ]


def _waiting(connection: Connection, bounds: Bounds, now: datetime) -> Iterable[Alarm]:
    """One for each channel, with the customer who has waited longest."""
    seen = live.live(connection)
    late = [w for w in seen.waiting if now - w.since >= bounds.waiting]
    for channel in dict.fromkeys(w.channel for w in late):
        mine = [w for w in late if w.channel == channel]
        facts = {
            "number": str(len(mine)),
            "minutes": str(int((now - mine[0].since).total_seconds() // 60)),
            "ticket": mine[0].ticket or "",
        }
        yield Alarm(f"{WAITING}:{channel}", WAITING, channel, facts, mine[0].conversation)


def _down(connection: Connection) -> Iterable[Alarm]:
    """From the failure on that has it left alone until it answers again."""
    asked = select(circuits.c.upstream, circuits.c.failures)
    for row in connection.execute(asked.where(circuits.c.failures >= THRESHOLD)):
        facts = {"failures": str(row.failures)}
        yield Alarm(f"{DOWN}:{row.upstream}", DOWN, row.upstream, facts)


def _buried(connection: Connection) -> Iterable[Alarm]:
    """A cause for each day on which something was given up on, a channel."""
    o, c = outbox.c, conversations.c
    given_up = (
        select(c.channel, func.count().label("number"), func.max(o.done_at).label("last"))
        .join(conversations, c.id == o.conversation_id)
        .where(literal_column("outbox.state = 'buried'"))
        .group_by(c.channel)
    )
    for row in connection.execute(given_up):
        day = row.last.date().isoformat()
        yield Alarm(f"{BURIED}:{row.channel}:{day}", BURIED, row.channel, _number(row.number))
    i = inbox.c
    parked = (
        select(c.channel, func.count().label("number"), func.max(i.id).label("last"))
        .join(conversations, c.id == i.conversation_id)
        .where(literal_column("inbox.handled_at IS NULL"), i.failures > 0)
        .group_by(c.channel)
    )
    for row in connection.execute(parked):
        cause = f"{BURIED}:{row.channel}:event:{row.last}"
        yield Alarm(cause, BURIED, row.channel, _number(row.number))


def _number(number: int) -> dict[str, str]:
    return {"number": str(number)}


def _jumps(connection: Connection, bounds: Bounds, now: datetime) -> Iterable[Alarm]:
    """The last 24 hours beside the 28 days before, a channel; told once a day."""
    before = _rates(connection, now - DAY - BASELINE, now - DAY)
    for channel, (number, handed) in _rates(connection, now - DAY, now).items():
        past, past_handed = before.get(channel, (0, 0))
        if number < FEWEST_NOW or past < FEWEST_BEFORE:
            continue
        rate, usual = 100 * handed / number, 100 * past_handed / past
        if rate >= usual * bounds.handoff_jump and rate >= usual + LEAST_POINTS:
            facts = {"rate": f"{rate:.0f}", "usual": f"{usual:.0f}", "number": str(number)}
            yield Alarm(f"{JUMP}:{channel}:{now.date().isoformat()}", JUMP, channel, facts)


def _rates(connection: Connection, first: datetime, end: datetime) -> dict[str, tuple[int, int]]:
    """Episodes begun and those of them handed over, by channel."""
    e = episodes.c
    counted = select(e.channel, func.count(), func.count(e.trigger)).where(
        e.started_at >= first, e.started_at < end
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(counted.group_by(e.channel))}
