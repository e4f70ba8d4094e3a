"""Our id <-> theirs, for tickets and comments."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, or_, select

from connector.domain.ids import ConversationId, ExternalId, TicketId
from connector.storage.once import insert_once
from connector.storage.prepared import Prepared
from connector.storage.tables import links

AT_ONCE = 500  # ids in one question

_CONVERSATION = Prepared(
    select(links.c.conversation_id).where(
        links.c.kind == bindparam("of"),
        links.c.owner == bindparam("by"),
        links.c.theirs == bindparam("id"),
    )
)
_MERGED = Prepared(
    select(links.c.conversation_id).where(
        links.c.kind == "merge",
        links.c.owner == bindparam("by"),
        links.c.ours == bindparam("into"),
    )
)


def link(
    connection: Connection,
    kind: str,
    owner: str,
    theirs: ExternalId | TicketId,
    conversation: ConversationId,
    ours: str,
) -> None:
    row = {
        "kind": kind,
        "owner": owner,
        "theirs": theirs,
        "conversation_id": conversation,
        "ours": ours,
    }
    insert_once(connection, links, ("kind", "owner", "theirs"), row)


def merged(
    connection: Connection,
    owner: str,
    source: TicketId,
    target: TicketId,
    conversation: ConversationId,
) -> None:
    """From now on the target is this conversation's ticket too; it may be another one's already."""
    link(connection, "merge", owner, source, conversation, target)


def conversations_of(
    connection: Connection, owner: str, ticket: TicketId
) -> tuple[ConversationId, ...]:
    """Whose ticket it is: one conversation's, or several that were merged into it."""
    of_it = _CONVERSATION(connection, {"of": "ticket", "by": owner, "id": ticket})
    came = _MERGED(connection, {"by": owner, "into": ticket})
    return tuple(dict.fromkeys(ConversationId(r.conversation_id) for r in (*of_it, *came)))


_OWNERS = Prepared(
    select(links.c.owner).where(
        links.c.conversation_id == bindparam("of"),
        or_(
            (links.c.kind == "ticket") & (links.c.theirs == bindparam("id")),
            (links.c.kind == "merge") & (links.c.ours == bindparam("id")),
        ),
    )
)


def owner_of(
    connection: Connection, conversation: ConversationId, ticket: TicketId, else_: str
) -> str:
    """The helpdesk where this conversation has this ticket: its channel may have another one by now,
    and there the same number is somebody else's. `else_` where it is not known, or is one of them."""
    found = {r.owner for r in _OWNERS(connection, {"of": conversation, "id": ticket})}
    return else_ if not found or else_ in found else min(found)


def linked(connection: Connection, owner: str, tickets: Sequence[TicketId]) -> set[TicketId]:
    """Those of the tickets that belong to a conversation."""
    found: set[TicketId] = set()
    for first in range(0, len(tickets), AT_ONCE):
        asked = select(links.c.theirs).where(
            links.c.kind == "ticket",
            links.c.owner == owner,
            links.c.theirs.in_(tickets[first : first + AT_ONCE]),
        )
        found |= {TicketId(row.theirs) for row in connection.execute(asked)}
    targets = select(links.c.ours).where(links.c.kind == "merge", links.c.owner == owner)
    return found | ({TicketId(t) for t in connection.scalars(targets)} & set(tickets))
