"""What model calls cost: reserved when they are ordered, settled when they are over.

A day's money of a channel is one row that no two can move past its end: so however many calls are
under way at once, together they cost no more than is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, delete, insert, literal_column, select
from sqlalchemy import update as change

from connector.domain.ids import ConversationId, EpisodeId
from connector.domain.turns import Usage
from connector.storage import once
from connector.storage.prepared import Prepared
from connector.storage.tables import outbox, paces
from connector.storage.watched import budgets, model_calls, spend

_COUNTS = ("input", "output", "cache_write", "cache_read", "nano")
k, b, s = model_calls.c, budgets.c, spend.c


@dataclass(frozen=True)
class Order:
    """A model call that is to be made."""

    key: str
    conversation: ConversationId
    episode: EpisodeId
    channel: str
    model: str
    day: str  # 2026-11-25, on the operators' calendar
    most: int  # nano-dollars that it can cost
    priced: bool
    tokens: int = 0  # that it can take


_TAKE = Prepared(
    change(budgets)
    .where(
        b.name == bindparam("wanted"),
        b.used + bindparam("more", type_=BigInteger) <= bindparam("allowed", type_=BigInteger),
    )
    .values(used=b.used + bindparam("more", type_=BigInteger))
)
_MOVE = Prepared(
    change(budgets)
    .where(b.name == bindparam("wanted"))
    .values(used=b.used + bindparam("more", type_=BigInteger))
)
_FIND = Prepared(select(model_calls).where(k.key == bindparam("wanted")))
_ADD = Prepared(insert(model_calls))
_SETTLE = Prepared(
    change(model_calls)
    .where(k.key == bindparam("wanted"))
    .values(
        {
            "reserved": bindparam("held", type_=BigInteger),
            "tries": k.tries + 1,
            **{n: k[n] + bindparam(f"more_{n}", type_=BigInteger) for n in _COUNTS},
        }
    )
)


@cache
def _sum(dialect: str) -> Prepared:
    added = once.insert(spend, dialect)
    more = {n: s[n] + added.excluded[n] for n in ("calls", *_COUNTS)}
    keys = ["day", "channel", "model", "priced"]
    return Prepared(added.on_conflict_do_update(index_elements=keys, set_=more))


def find(connection: Connection, key: str) -> Any:
    """The call of this order as it is counted; None: none is."""
    return _FIND(connection, {"wanted": key}).first()


def take(connection: Connection, name: str, more: int, allowed: int) -> bool:
    """Whether so much more fits into the budget; then it is taken."""
    return bool(_TAKE(connection, {"wanted": name, "more": more, "allowed": allowed}).rowcount == 1)


def move(connection: Connection, name: str, more: int) -> None:
    """Whatever is allowed: it has happened."""
    _MOVE(connection, {"wanted": name, "more": more})


def reserve(connection: Connection, order: Order, allowed: int, now: datetime) -> bool:
    """Whether the day's money still covers the most that it can cost; then that is set aside.

    Of an order that is known nothing changes: it is the same decision made again.
    """
    if find(connection, order.key) is not None:
        return True
    name = budget(order.channel, order.day)
    once.insert_once(connection, budgets, ("name",), {"name": name, "used": 0})
    if not take(connection, name, order.most, allowed):
        return False
    row = {
        "key": order.key, "conversation_id": order.conversation, "episode_id": order.episode,
        "channel": order.channel, "model": order.model, "day": order.day, "ordered_at": now,
        "reserved": order.most, "tries": 0, "priced": order.priced,
        **dict.fromkeys(_COUNTS, 0),
    }  # fmt: skip
    _ADD(connection, row)
    return True


def settle(
    connection: Connection, key: str, used: Usage, nano: int, allowed: int | None = None
) -> bool:
    """A try is over and cost this much. `allowed`: it is to be tried again, so that as much as
    before stays set aside; False if the day's money does not cover that any more.

    What nobody reserved for (an order of an older version) is not counted.
    """
    row = find(connection, key)
    if row is None:
        return True
    goes_on = allowed is not None
    moved = nano if goes_on else nano - row.reserved
    name = budget(row.channel, row.day)
    if allowed is not None and moved > 0:
        goes_on = take(connection, name, moved, allowed)
        if not goes_on:
            moved = nano - row.reserved
    if not (allowed is not None and goes_on):
        move(connection, name, moved)
    counts = dict(zip(_COUNTS, (used.input, used.output, used.cache_write, used.cache_read, nano),
                      strict=True))  # fmt: skip
    held = row.reserved if goes_on else 0
    more = {f"more_{n}": counts[n] for n in _COUNTS}
    _SETTLE(connection, {"wanted": key, "held": held, **more})
    if nano or used != Usage():
        total = {"day": row.day, "channel": row.channel, "model": row.model, "priced": row.priced}
        _sum(connection.dialect.name)(connection, {**total, "calls": 1, **counts})
    return goes_on or allowed is None


def used_up(connection: Connection, channel: str, day: str) -> int:
    """Nano-dollars of that day that are spent or set aside."""
    found = connection.execute(select(b.used).where(b.name == budget(channel, day))).scalar()
    return int(found or 0)


def release(connection: Connection, before: datetime) -> int:
    """Give back what was set aside for calls that were cancelled before they were made.

    `before`: ordered then at the latest, so that none can still be under way. How many they were.
    """
    over = select(outbox.c.key).where(outbox.c.key == k.key, outbox.c.done_at.is_not(None))
    stuck = select(k.key, k.reserved, k.channel, k.day).where(
        literal_column("model_calls.reserved > 0"), k.ordered_at < before, over.exists()
    )
    rows = connection.execute(stuck).all()
    for row in rows:
        move(connection, budget(row.channel, row.day), -row.reserved)
        connection.execute(change(model_calls).where(k.key == row.key).values(reserved=0))
    return len(rows)


def forget_buckets(connection: Connection, before: datetime) -> None:
    """Those that have long been full again."""
    p = paces.c
    connection.execute(delete(paces).where(p.name.startswith("cap:"), p.arrival_at < before))


def budget(channel: str, day: str) -> str:
    return f"usd:{channel}:{day}"
