"""What in the helpdesk is a conversation's: its tickets, their fields, its calls."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from connector.domain.ids import ConversationId, ExternalId, TicketId
from connector.storage import emptying, links
from connector.storage.begins import begins
from connector.storage.tables import episodes, outbox
from connector.storage.tables import links as links_


@dataclass(frozen=True)
class LeftTicket:
    """A ticket that was its. `comments`: its own; (): all, no other conversation has to do with it."""

    helpdesk: str  # "" where that is not known any more: the channel's
    id: TicketId
    comments: tuple[ExternalId, ...] = ()


def calls_of(connection: Connection, ours: ConversationId) -> tuple[ColumnElement[bool], ...]:
    """By the key, which begins with the conversation's id: there is an index of it."""
    return begins(connection, outbox.c.key, ours), outbox.c.conversation_id == ours


def tickets(
    connection: Connection, ours: ConversationId
) -> tuple[tuple[LeftTicket, ...], frozenset[ConversationId]]:
    """Its tickets, and the other conversations that have to do with them."""
    e, k = episodes.c, links_.c
    mine = select(k.kind, k.owner, k.theirs, k.ours).where(k.conversation_id == ours)
    found: dict[TicketId, str] = {}  # whose helpdesk
    targets: set[TicketId] = set()  # what its own were merged into: somebody's before
    for row in connection.execute(mine.where(k.kind.in_(("ticket", "merge")))):
        found.setdefault(TicketId(row.theirs), row.owner)
        if row.kind == "merge":
            found[TicketId(row.ours)] = row.owner
            targets.add(TicketId(row.ours))
    stored = select(e.ticket).where(begins(connection, e.id, f"{ours}-"), e.ticket.is_not(None))
    for ticket in connection.scalars(stored):
        found.setdefault(TicketId(ticket), "")
    others = {t: set(links.conversations_of(connection, found[t], t)) - {ours} for t in found}
    own = select(k.theirs).where(k.conversation_id == ours, k.kind == "comment")
    # None but its own, should there be none.
    comments = tuple(ExternalId(each) for each in connection.scalars(own)) or (ExternalId("0"),)
    left = tuple(
        LeftTicket(owner, ticket, comments if others[ticket] or ticket in targets else ())
        for ticket, owner in sorted(found.items())
    )
    return left, frozenset().union(*others.values())


def fields(connection: Connection, ours: ConversationId) -> tuple[str, ...]:
    o = outbox.c
    asked = select(o.payload).where(*calls_of(connection, ours), o.kind == "OpenTicket")
    payloads = [emptying.as_object(p) for p in connection.scalars(asked)]
    custom = [emptying.nested(p, "draft", "fields").get("custom") or () for p in payloads]
    return tuple(dict.fromkeys(str(name) for fields in custom for name, _ in fields))
