"""A channel's limits, held: what the bot may look at, and what its model may cost a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Protocol, runtime_checkable

from sqlalchemy import Connection

from connector.domain.caps import TOKENS, USD_PER_DAY, Cap, MessageCaps, buckets, ticket_bucket
from connector.domain.conversation import Conversation, HandingOff, WithBot
from connector.domain.decide import Decision
from connector.domain.effects import AskBot, Call, OpenTicket, Summarise
from connector.domain.events import BotAnswered, CustomerMessaged, Event, Summarised
from connector.domain.money import NANO, Price, cost
from connector.domain.turns import BotRequest, SummaryRequest, Usage
from connector.errors import ProviderError
from connector.storage import spend, tokens, upstreams

# An answer that was lost may have been made, and is on the bill then.
_MAY_HAVE_COST = frozenset({"timeout", "malformed"})
LARGEST = Usage(input=200_000, output=8192)  # of a bot that can't say what a call takes at most


@runtime_checkable
class Weighs(Protocol):
    """A bot that knows how many tokens a call takes at most."""

    def most(self, request: BotRequest | SummaryRequest) -> Usage: ...


class UsedUp(Exception):
    """What was decided would go past a limit: it has to be decided again, knowing that.

    `until`: when that limit allows one more, where it forbids nothing but this.
    """

    def __init__(self, cap: Cap, until: datetime | None = None) -> None:
        super().__init__(cap.name)
        self.cap = cap
        self.until = until


@dataclass(frozen=True)
class Spending:
    """One channel's limits, and what its model costs."""

    model: str
    price: Price
    priced: bool = True  # else nobody knows the price, and this is the dearest one there is
    usd_per_day: int = 20 * NANO  # nano-dollars
    messages: MessageCaps = MessageCaps()
    tokens_per_day: int | None = None  # of all kinds together; None: any number
    tickets_per_day: int | None = None  # of one customer; None: any number
    zone: tzinfo = UTC  # of the day

    def day(self, at: datetime) -> str:
        return at.astimezone(self.zone).date().isoformat()

    @property
    def tokens(self) -> Cap:
        return Cap(TOKENS, f"{self.tokens_per_day} tokens a day")

    @property
    def money(self) -> Cap:
        return Cap(USD_PER_DAY, f"{self.usd_per_day / NANO:g} US dollars a day")


def orders(
    spending: Spending, bot: object, decision: Decision, now: datetime
) -> tuple[spend.Order, ...]:
    """The model calls that a decision wants, each with the most that it can cost."""
    after = decision.conversation
    return tuple(
        spend.Order(
            call.key, after.id, after.episode.id, after.channel, spending.model,
            spending.day(now), _most(spending, bot, call), spending.priced, _total(_weight(bot, call)),
        )
        for call in decision.effects
        if isinstance(call, AskBot | Summarise)
    )  # fmt: skip


def hold(
    connection: Connection, spending: Spending, wanted: Sequence[spend.Order], now: datetime,
    reached: Sequence[Cap] = (),
) -> None:  # fmt: skip
    """Set the money aside, in the transaction that keeps the decision. Raise UsedUp.

    `reached` are the limits that the decision was told of: it orders nothing that they forbid.
    """
    if wanted and any(cap.forbids_calls for cap in reached):
        raise AssertionError("a model call was ordered that a limit forbids")
    for order in wanted:
        allowed = spending.tokens_per_day
        if allowed is not None and not tokens.reserve(connection, order, allowed):
            raise UsedUp(spending.tokens)
        if not spend.reserve(connection, order, spending.usd_per_day, now):
            raise UsedUp(spending.money)


def count(
    connection: Connection, spending: Spending, event: Event, after: Conversation, now: datetime
) -> None:
    """One more message that the bot looks at, in the same transaction. Raise UsedUp."""
    if isinstance(event, CustomerMessaged) and isinstance(after.holder, WithBot):
        for cap, limit in buckets(spending.messages, after.channel, after.id, after.address):
            # One by one, to know which is empty; if one is, the others get back what was taken.
            if upstreams.take(connection, (limit,), now).wait_until is not None:
                raise UsedUp(cap)


def count_ticket(
    connection: Connection, spending: Spending, decision: Decision, now: datetime
) -> None:
    """One more ticket of this customer, in the same transaction. Raise UsedUp.

    One that the helpdesk refused is no ticket: trying again is not counted.
    """
    after, allowed = decision.conversation, spending.tickets_per_day
    opens = any(isinstance(effect, OpenTicket) for effect in decision.effects)
    refused = isinstance(after.holder, HandingOff) and after.holder.refusals
    if allowed is None or not opens or refused:
        return
    cap, limit = ticket_bucket(allowed, after.channel, after.id)
    until = upstreams.take(connection, (limit,), now).wait_until
    if until is not None:
        raise UsedUp(cap, until)


def settle(
    connection: Connection, spending: Spending, bot: object, call: Call,
    came_to: Event | ProviderError, *, again: bool = False,
) -> bool:  # fmt: skip
    """A try of this call is over; whether another one would still be paid for."""
    if not isinstance(call, AskBot | Summarise):
        return True
    used = _used(came_to)
    nano = cost(spending.price, used)
    lost = isinstance(came_to, ProviderError) and came_to.tokens is None and _lost(came_to)
    if lost:
        nano = _most(spending, bot, call)
    limit = spending.tokens_per_day if again else None
    covered = tokens.settle(connection, call.key, None if lost else _total(used), limit)
    allowed = spending.usd_per_day if again and covered else None
    paid = spend.settle(connection, call.key, used, nano, allowed)
    if again and covered and not paid:
        tokens.give_back(connection, call.key)
    return covered and paid


def _used(came_to: Event | ProviderError) -> Usage:
    match came_to:
        case BotAnswered(turn=turn):
            return turn.usage
        case Summarised(summary=summary):
            return summary.usage
        case ProviderError(tokens=tokens) if tokens is not None:
            return Usage(*tokens)
        case _:
            return Usage()


def _lost(error: ProviderError) -> bool:
    return error.status is None and error.code in _MAY_HAVE_COST


def _total(usage: Usage) -> int:
    return usage.input + usage.output + usage.cache_write + usage.cache_read


def _weight(bot: object, call: AskBot | Summarise) -> Usage:
    return bot.most(call.request) if isinstance(bot, Weighs) else LARGEST


def _most(spending: Spending, bot: object, call: AskBot | Summarise) -> int:
    usage = _weight(bot, call)
    # The whole prompt may be new to the provider's cache.
    written = Usage(output=usage.output, cache_write=usage.input)
    return max(cost(spending.price, usage), cost(spending.price, written))
