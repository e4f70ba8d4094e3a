"""How many tokens a channel's model takes a day: set aside when a call is ordered, settled when it is over.

As with money, no two can move a day's row past its end. What is set aside for one call is a row of its own,
which goes when the call is over.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, literal, select

from connector.storage import once, spend
from connector.storage.tables import outbox
from connector.storage.watched import budgets, model_calls

_CALL = "tokens:call:"
b, k = budgets.c, model_calls.c


def reserve(connection: Connection, order: spend.Order, allowed: int) -> bool:
    """Whether the day still covers the most that it can take; then that is set aside.

    To be asked before its money is: of an order that is known nothing changes.
    """
    if spend.find(connection, order.key) is not None:
        return True
    day = _day(order.channel, order.day)
    once.insert_once(connection, budgets, ("name",), {"name": day, "used": 0})
    if not spend.take(connection, day, order.tokens, allowed):
        return False
    connection.execute(insert(budgets).values(name=_CALL + order.key, used=order.tokens))
    return True


def settle(connection: Connection, key: str, used: int | None, allowed: int | None = None) -> bool:
    """A try is over and took so many; None: nobody knows, so all that was set aside.

    `allowed`: it is to be tried again, with as much set aside as before; False if the day does not cover
    that. Of a call that nothing was set aside for nothing changes.
    """
    held, call = _held(connection, key), spend.find(connection, key)
    if held is None or call is None:
        return True
    day, took = _day(call.channel, call.day), held if used is None else used
    if allowed is not None and spend.take(connection, day, took, allowed):
        return True
    spend.move(connection, day, took - held)
    connection.execute(delete(budgets).where(b.name == _CALL + key))
    return allowed is None


def give_back(connection: Connection, key: str) -> None:
    """It is not tried again after all."""
    settle(connection, key, 0)


def release(connection: Connection, before: datetime) -> None:
    """The same for calls that were cancelled before they were made; `before`: ordered then at the latest."""
    over = select(outbox.c.key).where(outbox.c.key == k.key, outbox.c.done_at.is_not(None))
    stuck = select(k.key).join(budgets, b.name == literal(_CALL) + k.key)
    for key in connection.scalars(stuck.where(k.ordered_at < before, over.exists())).all():
        give_back(connection, key)


def used_up(connection: Connection, channel: str, day: str) -> int:
    """Tokens of that day that are used or set aside."""
    return int(connection.scalar(select(b.used).where(b.name == _day(channel, day))) or 0)


def _held(connection: Connection, key: str) -> int | None:
    found = connection.scalar(select(b.used).where(b.name == _CALL + key))
    return None if found is None else int(found)


def _day(channel: str, day: str) -> str:
    return f"tokens:{channel}:{day}"
