"""What the pipeline works with; put together in bootstrap, or in a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from connector.bots.base import Bot
from connector.channels.base import Channel
from connector.domain.lanes import Lane
from connector.domain.policy import Policy
from connector.helpdesks.base import Helpdesk
from connector.pipeline.aside import Aside
from connector.pipeline.spending import Spending
from connector.storage.engine import Database

# A request whose answer was lost may still be on its way in: ask when it has had time to land.
SETTLE_AFTER = timedelta(seconds=10)


class Wake(Protocol):
    def __call__(self, lane: Lane, at: datetime | None = None) -> None: ...


@dataclass(frozen=True)
class ChannelParts:
    """One configured channel with the bot and helpdesk that it names."""

    name: str
    adapter: Channel
    policy: Policy
    bot: Bot
    helpdesk: str
    resend_unproven: bool = False  # on_unknown: at_least_once
    bot_name: str = ""
    spending: Spending | None = None  # None: nothing is counted, and nothing limited


@dataclass(frozen=True)
class Parts:
    db: Database
    channels: Mapping[str, ChannelParts]
    helpdesks: Mapping[str, Helpdesk]
    now: Callable[[], datetime]
    wake: Wake
    settle_after: timedelta = SETTLE_AFTER
    aside: Aside = field(default_factory=Aside)  # what is done soon or not at all
    tell_handoffs: bool = False  # somebody wants a notice of each
