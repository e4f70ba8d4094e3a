"""A verified and parsed webhook -> the inbox. When these return, it is stored for good."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector import log, tracing
from connector.channels.base import Inbound, InboundConsent, InboundMessage, InboundReceipt
from connector.domain.events import (
    CustomerConsented,
    CustomerMessaged,
    Event,
    ReceiptArrived,
    TicketChanged,
)
from connector.domain.ids import ConversationId, TicketId
from connector.domain.lanes import INBOX, Lane
from connector.pipeline.parts import Parts
from connector.storage import conversations, inbox, links
from connector.storage.inbox import Arrival

_log = log.get(__name__)


def from_channel(parts: Parts, channel: str, received: Sequence[Inbound]) -> int:
    """Store what is new, once each, and wake the conversations; how many were new."""
    now = parts.now()

    def keep(connection: Connection) -> list[tuple[Arrival, bool]]:
        arrivals = []
        for each in received:
            ours = _whose(connection, channel, each, now)
            if ours is None:
                continue
            raw = json.dumps(each.raw, ensure_ascii=False)
            arrivals.append(Arrival(f"channel:{channel}", each.id, ours, _event(parts, each), raw))
        return list(zip(arrivals, inbox.add(connection, arrivals, now), strict=True))

    began = time.time_ns()
    stored = parts.db.write(keep)
    if stored:
        first = stored[0][0].conversation
        tracing.past("webhook", first, began, channel=channel, events=str(len(stored)))
    for arrival, new in stored:
        kind = type(arrival.event).__name__
        _log.info("webhook_stored" if new else "webhook_repeated", channel=channel, kind=kind,
                  conversation=arrival.conversation, external=arrival.external_id)  # fmt: skip
        if new:
            parts.wake(Lane(arrival.conversation, INBOX))
    return sum(new for _, new in stored)


def _whose(
    connection: Connection, channel: str, each: Inbound, now: datetime
) -> ConversationId | None:
    """The conversation that it belongs to; None if it is no matter of ours."""
    # A repetition must not bring back what somebody said who is forgotten.
    if inbox.forgotten(connection, f"channel:{channel}", each.id):
        return None
    if isinstance(each, InboundReceipt):
        # About a message that another program sent from this number, or that is forgotten.
        return conversations.of_address(connection, channel, each.customer)
    return conversations.ensure(connection, channel, each.customer, now)


def _event(parts: Parts, each: Inbound) -> Event:
    now = parts.now()
    match each:
        case InboundMessage():
            return CustomerMessaged(
                now,
                each.id,
                each.text,
                each.media,
                each.customer_name,
                each.customer_phone,
                each.thread,
            )
        case InboundConsent():
            return CustomerConsented(now, each.id, each.word, each.text)
        case InboundReceipt():
            return ReceiptArrived(now, each.message, each.status, each.code, each.meaning)


def from_helpdesk(parts: Parts, helpdesk: str, tickets: Sequence[TicketId], delivery: str) -> int:
    """Store that these tickets changed, where they are ours; how many are.

    `delivery` names the request, so that the same one twice is one. A ticket that is not linked yet
    can't be missed by this: opening a ticket is always followed by reading it.
    """
    ours = _tickets_changed(parts, helpdesk, {t: f"{delivery}:{t}" for t in tickets})
    _log.info("helpdesk_webhook", helpdesk=helpdesk, tickets=list(tickets), ours=len(ours))
    return len(ours)


def tickets_changed(parts: Parts, helpdesk: str, news: Mapping[TicketId, str]) -> int:
    """The same, as the helpdesk told when it was asked; how many of these changes are new.

    Each change has a name, so that the same one twice is one.
    """
    return sum(_tickets_changed(parts, helpdesk, news)) if news else 0


def _tickets_changed(parts: Parts, helpdesk: str, news: Mapping[TicketId, str]) -> list[bool]:
    """For each ticket that is ours, whether this change of it is new."""
    now = parts.now()

    def keep(connection: Connection) -> list[tuple[Arrival, bool]]:
        arrivals = []
        for ticket, name in news.items():
            event = TicketChanged(now, ticket)
            for number, ours in enumerate(links.conversations_of(connection, helpdesk, ticket)):
                each = f"{name}:{ours}" if number else name
                arrivals.append(Arrival(f"helpdesk:{helpdesk}", each, ours, event))
        return list(zip(arrivals, inbox.add(connection, arrivals, now), strict=True))

    stored = parts.db.write(keep)
    for arrival, _ in stored:
        parts.wake(Lane(arrival.conversation, INBOX))
    return [new for _, new in stored]
