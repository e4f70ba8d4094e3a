"""A channel's limits and its model's price: settings -> what the pipeline holds it to."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from connector.bots import prices
from connector.domain.caps import MessageCaps
from connector.domain.money import nano
from connector.pipeline.spending import Spending
from connector.pricing import price_of
from connector.settings import Settings


def spending(settings: Settings, channel: str) -> Spending:
    given = settings.channels[channel]
    bot, limits = settings.bots[given.bot], given.limits
    price = price_of(bot)
    return Spending(
        model=bot.model,
        price=price or prices.known().dearest,
        priced=price is not None,
        usd_per_day=nano(limits.usd_per_day),
        messages=MessageCaps(
            limits.messages_per_hour,
            limits.prefix_messages_per_hour,
            limits.country_messages_per_hour,
        ),
        tokens_per_day=limits.tokens_per_day,
        tickets_per_day=limits.tickets_per_day,
        zone=ZoneInfo(settings.ops.timezone),
    )
