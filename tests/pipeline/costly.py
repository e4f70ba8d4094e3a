"""A bot whose answers cost something, and a rig that counts it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import func, select

from connector.domain.caps import MessageCaps
from connector.domain.money import NANO, Price, Rates
from connector.domain.turns import BotRequest, BotTurn, Summary, SummaryRequest, Usage
from connector.pipeline.spending import Spending
from connector.storage.engine import Database
from connector.storage.watched import spend
from tests.pipeline.rig import CHANNEL, FakeBot, Rig

PRICE = Price(Rates(input=1, output=5, cache_write=1.25, cache_read=0.1))
USED = Usage(input=1000, output=100, cache_write=0, cache_read=2000)
COST = 1_700_000  # nano-dollars of that
MOST = Usage(input=3000, output=400)
MOST_COST = 3000 * 1250 + 400 * 5000


@dataclass
class CostlyBot(FakeBot):
    def answer(self, request: BotRequest) -> BotTurn:
        return replace(super().answer(request), usage=USED)

    def summarise(self, request: SummaryRequest) -> Summary:
        return replace(super().summarise(request), usage=USED)

    def most(self, request: BotRequest | SummaryRequest) -> Usage:
        return MOST


def rig(
    db: Database,
    dollars: float = 20,
    caps: MessageCaps = MessageCaps(),
    tickets: int | None = None,
    tokens: int | None = None,
) -> Rig:
    made = Rig(db, bot=CostlyBot())
    limits = Spending("claude-x", PRICE, True, round(dollars * NANO), caps, tokens, tickets)
    channel = replace(made.parts.channels[CHANNEL], spending=limits)
    made.parts = replace(made.parts, channels={CHANNEL: channel})
    return made


def spent(db: Database) -> int:
    """Nano-dollars, as reports have it."""
    return int(db.read(lambda c: c.execute(select(func.sum(spend.c.nano))).scalar()) or 0)
