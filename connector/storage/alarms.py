"""What people are told of: kept once a cause until everybody who is to know has been told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, delete, literal_column, select, update

from connector.domain.ids import ConversationId
from connector.storage import once, tallies
from connector.storage.prepared import Prepared
from connector.storage.watched import alarms

a = alarms.c
WAITING, DOWN = "waiting", "provider_down"
# These go on until they are found no more; the others are things that happened.
LASTING = (WAITING, DOWN)
NOTICE = "handoff"  # no alarm: agents want to know of each


@dataclass(frozen=True)
class Alarm:
    """`cause` names it for ever; `facts` are ids, names and figures, never a text or a number of a
    customer's."""

    cause: str
    kind: str
    owner: str  # the channel's, helpdesk's or upstream's name
    facts: Mapping[str, str] = field(default_factory=dict)
    conversation: ConversationId | None = None


@dataclass(frozen=True)
class Kept:
    """An alarm that somebody is still to be told of."""

    alarm: Alarm
    raised_at: datetime
    told: frozenset[str]  # digests of the addresses that have it
    tries: int


@cache
def _add(dialect: str) -> Prepared:
    return Prepared(
        once.insert(alarms, dialect)
        .on_conflict_do_nothing(index_elements=["cause"])
        .returning(a.cause)
    )


def add(connection: Connection, alarm: Alarm, now: datetime) -> bool:
    """Whether it is new; then it is counted, and people are to be told."""
    row = {
        "cause": alarm.cause[:250], "kind": alarm.kind, "owner": alarm.owner,
        "conversation_id": alarm.conversation, "facts": json.dumps(dict(alarm.facts)),
        "raised_at": now, "tell_at": now, "told": "", "tries": 0,
    }  # fmt: skip
    new = _add(connection.dialect.name)(connection, row).first() is not None
    if new and alarm.kind != NOTICE:
        tallies.add(connection, tallies.ALERTS, alarm.kind, alarm.owner)
    return new


def over(connection: Connection, kinds: Iterable[str], still: Iterable[str], now: datetime) -> None:
    """Of these kinds only the causes `still` go on. What comes back is told anew.

    Who has not been told of one by now is not told any more: it would be news of what was.
    """
    open_now = select(a.cause, a.raised_at).where(literal_column("alarms.over_at IS NULL"))
    gone = open_now.where(a.kind.in_(list(kinds)), a.cause.not_in(list(still)))
    for row in connection.execute(gone).all():
        # Its name is free again; the row stays for a while, under one of its own.
        past = f"{row.cause}@{row.raised_at.isoformat()}"[:250]
        connection.execute(
            update(alarms).where(a.cause == row.cause).values(cause=past, over_at=now, tell_at=None)
        )


def going_on(connection: Connection) -> list[Alarm]:
    """What has been raised and is not over, the newest first."""
    asked = select(alarms).where(literal_column("alarms.over_at IS NULL"))
    return [_alarm(row) for row in connection.execute(asked.order_by(a.raised_at.desc()))]


def to_tell(connection: Connection, now: datetime, most: int) -> list[Kept]:
    waiting = select(alarms).where(literal_column("alarms.tell_at IS NOT NULL"))
    asked = waiting.where(a.tell_at <= now).order_by(a.tell_at).limit(most)
    return [
        Kept(_alarm(row), row.raised_at, frozenset(row.told.split()), row.tries)
        for row in connection.execute(asked)
    ]


def told(connection: Connection, kept: Kept, told: frozenset[str], again: datetime | None) -> None:
    """These addresses have it. `again`: when the others are tried; None: it is done."""
    connection.execute(
        update(alarms)
        .where(a.cause == kept.alarm.cause)
        .values(told=" ".join(sorted(told)), tries=kept.tries + 1, tell_at=again)
    )


def tidy(connection: Connection, before: datetime) -> None:
    """Drop what was raised before then."""
    connection.execute(delete(alarms).where(a.raised_at < before))


def _alarm(row: object) -> Alarm:
    r: Mapping[str, str] = row._mapping  # type: ignore[attr-defined]
    owner = ConversationId(r["conversation_id"]) if r["conversation_id"] else None
    return Alarm(r["cause"], r["kind"], r["owner"], json.loads(r["facts"]), owner)
