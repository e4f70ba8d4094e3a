"""Whose conversations: found by any way to write a customer's address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select

from connector.domain.ids import Address, ConversationId
from connector.storage.begins import begins
from connector.storage.forgetting import FORGOTTEN
from connector.storage.tables import conversations, episodes, inbox, messages, outbox

_SPACING = re.compile(r"[\s().\-\u00a0]+")
WHATSAPP = "whatsapp:"


@dataclass(frozen=True)
class Held:
    """What there is of a customer on one channel."""

    id: ConversationId
    channel: str
    address: Address
    holder: str
    since: datetime | None  # the first message; None: there is none
    episodes: int
    messages: int
    waiting: int  # events and calls that are not done


def held(connection: Connection, address: str, channel: str | None = None) -> list[Held]:
    """On all channels or this one, by channel. A phone number finds WhatsApp and SMS alike."""
    c = conversations.c
    asked = select(c.id, c.channel, c.address, c.holder).where(_is_theirs(address))
    asked = asked.where(c.address.not_like(f"{FORGOTTEN}%"))
    if channel is not None:
        asked = asked.where(c.channel == channel)
    rows = connection.execute(asked.order_by(c.channel, c.address)).all()
    return [_held(connection, *row) for row in rows]


def _is_theirs(address: str) -> ColumnElement[bool]:
    c = conversations.c
    plain = address.strip()
    number = _SPACING.sub("", plain.removeprefix(WHATSAPP))
    names = {plain, number, WHATSAPP + number}
    if not number.removeprefix("+").isdecimal() or len(number) < 7:
        return c.address.in_(names)
    digits = number.removeprefix("+")
    names |= {digits, f"+{digits}", f"{WHATSAPP}+{digits}"}
    # Some channels have an id for an address, and tell the number besides.
    known = f'"customer_phone":"+{digits}"'
    return or_(c.address.in_(names), c.state.contains(known, autoescape=True))


def _held(
    connection: Connection, ours: ConversationId, channel: str, address: Address, holder: str
) -> Held:
    m, e, i, o = messages.c, episodes.c, inbox.c, outbox.c
    said = select(func.min(m.at), func.count()).where(m.conversation_id == ours)
    since, number = connection.execute(said.select_from(messages)).one()
    stretches = select(func.count()).where(begins(connection, e.id, f"{ours}-"))
    events = select(func.count()).where(i.conversation_id == ours, i.handled_at.is_(None))
    calls = select(func.count()).where(o.conversation_id == ours, o.done_at.is_(None))
    return Held(
        ours,
        channel,
        address,
        holder,
        since,
        connection.execute(stretches).scalar_one(),
        number,
        connection.execute(events).scalar_one() + connection.execute(calls).scalar_one(),
    )
