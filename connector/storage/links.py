"""Our id <-> theirs, for tickets and comments."""

from __future__ import annotations

from sqlalchemy import Connection, select

from connector.domain.ids import ConversationId, ExternalId, TicketId
from connector.storage.once import insert_once
from connector.storage.tables import links


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
    found = connection.execute(
        select(links.c.conversation_id).where(
            links.c.kind == kind, links.c.owner == owner, links.c.theirs == theirs
        )
    ).scalar()
    return ConversationId(found) if found else None
