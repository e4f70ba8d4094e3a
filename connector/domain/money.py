"""What a model's answer costs. Whole nano-dollars, so that sums are exact: 1 $ is 10**9 of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from connector.domain.turns import Usage

NANO = 10**9
_PER_TOKEN = NANO // 10**6  # a price of 1 $ per million tokens


@dataclass(frozen=True)
class Rates:
    """US dollars per million tokens."""

    input: float
    output: float
    cache_write: float
    cache_read: float


@dataclass(frozen=True)
class Price:
    """`long` are the rates of a whole request whose prompt has more than `long_from` tokens."""

    usual: Rates
    long: Rates | None = None
    long_from: int = 0
    since: date | None = None  # when it was looked up; None: the operator's own


def cost(price: Price, used: Usage) -> int:
    """In nano-dollars, rounded up."""
    prompt = used.input + used.cache_write + used.cache_read
    rates = price.long if price.long is not None and prompt > price.long_from else price.usual
    parts = (
        (rates.input, used.input),
        (rates.output, used.output),
        (rates.cache_write, used.cache_write),
        (rates.cache_read, used.cache_read),
    )
    return -int(-sum(round(rate * _PER_TOKEN * 1000) * tokens for rate, tokens in parts) // 1000)


def dearest(prices: list[Price]) -> Price:
    """What nothing in the list exceeds: for a model whose price nobody knows."""
    rates = [r for p in prices for r in (p.usual, p.long) if r is not None]
    most = Rates(
        max(r.input for r in rates),
        max(r.output for r in rates),
        max(r.cache_write for r in rates),
        max(r.cache_read for r in rates),
    )
    return Price(most)


def nano(dollars: float) -> int:
    return round(dollars * NANO)
