"""What each configured bot's model costs, as far as anybody knows."""

from __future__ import annotations

from collections.abc import Iterable

from connector.bots import prices
from connector.domain.money import Price, Rates
from connector.settings import Settings
from connector.settings.bots import ClaudeBot


def price_of(bot: ClaudeBot) -> Price | None:
    """The operator's own, else the list's; None: nobody knows."""
    own = bot.price
    if own is None:
        return prices.known().price(bot.model)
    read = own.cache_read if own.cache_read is not None else own.input
    write = own.cache_write if own.cache_write is not None else own.input * 1.25
    return Price(Rates(own.input, own.output, write, read))


def unpriced(settings: Settings) -> Iterable[tuple[str, str, str]]:
    """For each bot whose model has no known price: its key, what follows from that, what to do."""
    as_of = prices.known().as_of
    for name, bot in settings.bots.items():
        if price_of(bot) is None:
            yield (
                f"bots.{name}.model",
                f"the price of {bot.model} is not known (list of {as_of}): its tokens are counted "
                "without money, and usd_per_day is held as if it were the dearest model known",
                f"set bots.{name}.price",
            )
