"""Who has which conversation at this moment: what stands behind the numbers of today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, String, and_, cast, func, select

from connector.domain.ids import ConversationId
from connector.storage.tables import conversations, episodes

PAGE = 50
c, e = conversations.c, episodes.c


@dataclass(frozen=True)
class Held:
    """A conversation that is not over."""

    conversation: ConversationId
    channel: str
    address: str
    started_at: datetime | None  # None: the customer has not written anything yet
    trigger: str | None
    ticket: str | None


def held(connection: Connection, holder: str, page: int) -> tuple[int, list[Held]]:
    """How many that holder has, and those of this page (from 1), the newest first."""
    mine = c.holder == holder
    number = connection.execute(select(func.count()).where(mine)).scalar_one()
    here = and_(e.id == c.id + "-" + cast(c.episode, String))
    asked = (
        select(c.id, c.channel, c.address, e.started_at, e.trigger, e.ticket)
        .join_from(conversations, episodes, here, isouter=True)
        .where(mine)
        .order_by(e.started_at.desc(), c.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return number, [Held(*row) for row in connection.execute(asked)]
