"""Our id <-> theirs, for tickets and comments."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

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


def conversation_of(
    connection: Connection, kind: str, owner: str, theirs: ExternalId | TicketId
) -> ConversationId | None:
    wanted = {"of": kind, "by": owner, "id": theirs}
    found = _CONVERSATION(connection, wanted).scalar()
    return ConversationId(found) if found else None


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
    return found
