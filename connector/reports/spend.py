"""What models cost: a period's tokens and money by channel, a day's beside its limit, one conversation's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, func, select

from connector.domain.ids import ConversationId
from connector.domain.money import NANO
from connector.reports.periods import Period
from connector.storage.tables import conversations
from connector.storage.watched import budgets, model_calls
from connector.storage.watched import spend as days

s, k, b = days.c, model_calls.c, budgets.c
CENT = NANO // 100
PAGE = 50  # conversations


@dataclass(frozen=True)
class Spent:
    """Of one channel and model, or of one conversation ("" for both)."""

    channel: str
    model: str
    priced: bool  # False: nobody knows the price, `nano` is 0
    calls: int
    input: int  # tokens; what was read from the provider's cache is not in it
    output: int
    cache_write: int
    cache_read: int
    nano: int  # nano-dollars

    @property
    def tokens(self) -> int:
        return self.input + self.output + self.cache_write + self.cache_read

    @property
    def dollars(self) -> str:
        return dollars(self.nano) if self.priced else "not known"


@dataclass(frozen=True)
class Cost:
    """A period's, by channel and model."""

    rows: tuple[Spent, ...]

    @property
    def calls(self) -> int:
        return sum(row.calls for row in self.rows)

    @property
    def tokens(self) -> int:
        return sum(row.tokens for row in self.rows)

    @property
    def nano(self) -> int:
        """Nano-dollars of what is priced."""
        return total(self.rows)[0]

    @property
    def unpriced(self) -> int:
        """Tokens of what is not: they are not in the money."""
        return total(self.rows)[1]

    def each(self, conversations: int) -> int | None:
        """Nano-dollars a conversation; None without any."""
        return self.nano // conversations if conversations else None


@dataclass(frozen=True)
class Today:
    """A channel's day: nano-dollars spent or set aside, and the limit."""

    channel: str
    used: int
    allowed: int

    @property
    def share(self) -> float:
        return self.used / self.allowed if self.allowed else 1.0

    @property
    def spent(self) -> str:
        """To the cent: a glance is enough here."""
        return "under $0.01" if 0 < self.used < CENT else dollars(self.used // CENT * CENT)

    @property
    def limit(self) -> str:
        share = "under 1 %" if 0 < self.share < 0.01 else f"{self.share:.0%}".replace("%", " %")
        return f"{share} of the day’s {dollars(self.allowed)}"


def spent(connection: Connection, period: Period) -> tuple[Spent, ...]:
    """By channel and model; a channel's day is that of `ops.timezone`, as the period's are."""
    first, end = period.first, period.following.first
    sums = [func.sum(c) for c in (s.calls, s.input, s.output, s.cache_write, s.cache_read, s.nano)]
    asked = (
        select(s.channel, s.model, s.priced, *sums)
        .where(s.day >= first.isoformat(), s.day < end.isoformat())
        .group_by(s.channel, s.model, s.priced)
        .order_by(s.channel, s.model, s.priced)
    )
    return tuple(_spent(row) for row in connection.execute(asked))


@dataclass(frozen=True)
class Dear:
    """What one conversation cost in a period."""

    conversation: ConversationId
    channel: str
    address: str | None
    calls: int
    tokens: int
    nano: int  # nano-dollars, of what is priced
    priced: bool  # all of it

    @property
    def dollars(self) -> str:
        return dollars(self.nano) if self.priced or self.nano else "not known"


def dearest(
    connection: Connection, period: Period, channel: str | None, page: int
) -> tuple[int, list[Dear]]:
    """How many conversations asked a model, and those of this page (from 1), the dearest first."""
    days = [k.day >= period.first.isoformat(), k.day < period.end.isoformat(), k.tries > 0]
    days += [k.channel == channel] if channel is not None else []
    known = case((k.priced, k.nano), else_=0)
    tokens = k.input + k.output + k.cache_write + k.cache_read
    whole = select(func.count(func.distinct(k.conversation_id))).where(*days)
    sums = (
        select(
            k.conversation_id, func.min(k.channel).label("channel"),
            func.sum(k.tries).label("calls"), func.sum(tokens).label("tokens"),
            func.sum(known).label("nano"), func.min(case((k.priced, 1), else_=0)).label("priced"),
        )
        .where(*days)
        .group_by(k.conversation_id)
        .order_by(func.sum(known).desc(), k.conversation_id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
        .subquery()
    )  # fmt: skip
    asked = (
        select(sums, conversations.c.address)
        .join_from(sums, conversations, conversations.c.id == sums.c.conversation_id, isouter=True)
        .order_by(sums.c.nano.desc(), sums.c.conversation_id)
    )
    return connection.execute(whole).scalar_one(), [
        Dear(row.conversation_id, row.channel, row.address, int(row.calls), int(row.tokens),
             int(row.nano), bool(row.priced))
        for row in connection.execute(asked)
    ]  # fmt: skip


def today(
    connection: Connection, allowed: Mapping[str, int], day_of: Mapping[str, str]
) -> tuple[Today, ...]:
    """`allowed`: each channel's limit in nano-dollars; `day_of`: the name of its present day."""
    wanted = {f"usd:{channel}:{day_of[channel]}": channel for channel in allowed}
    rows = connection.execute(select(b.name, b.used).where(b.name.in_(list(wanted)))).all()
    used = {wanted[row.name]: int(row.used) for row in rows}
    return tuple(Today(c, used.get(c, 0), most) for c, most in allowed.items())


def of_conversation(connection: Connection, wanted: ConversationId) -> tuple[Spent, ...]:
    """By model; calls under way are not in it."""
    sums = [func.sum(c) for c in (k.tries, k.input, k.output, k.cache_write, k.cache_read, k.nano)]
    asked = (
        select(k.channel, k.model, k.priced, *sums)
        .where(k.conversation_id == wanted, k.tries > 0)
        .group_by(k.channel, k.model, k.priced)
        .order_by(k.model)
    )
    return tuple(_spent(row) for row in connection.execute(asked))


def _spent(row: Any) -> Spent:
    channel, model, priced, *counts = row
    calls, input_, output, write, read, nano = map(int, counts)  # Postgres sums to Decimal
    known = bool(priced)
    return Spent(channel, model, known, calls, input_, output, write, read, nano if known else 0)


def total(rows: Iterable[Spent]) -> tuple[int, int]:
    """Nano-dollars of what is priced, and tokens of what is not."""
    known = list(rows)
    return sum(r.nano for r in known if r.priced), sum(r.tokens for r in known if not r.priced)


def cost(connection: Connection, period: Period) -> Cost:
    return Cost(spent(connection, period))


def beside(now: Cost, before: Cost) -> Iterable[tuple[str, Spent | None, Spent | None]]:
    """Each channel and model of the two, by its name."""
    sides = by_model(now.rows), by_model(before.rows)
    for key in dict.fromkeys([*sides[0], *sides[1]]):
        channel, model, priced = key
        name = f"{channel}, {model}" if priced else f"{channel}, {model} (no price)"
        yield name, sides[0].get(key), sides[1].get(key)


def by_model(rows: Iterable[Spent]) -> dict[tuple[str, str, bool], Spent]:
    """What is put beside the same of another period."""
    return {(row.channel, row.model, row.priced): row for row in rows}


def dollars(nano: int) -> str:
    """$0.00034, $0.03, $12.50: as many places as a figure needs to say something."""
    if nano and nano < CENT:
        return f"${nano / NANO:.5f}"
    return f"${nano / NANO:,.2f}"
