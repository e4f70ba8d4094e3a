"""What reconciliation asks of the database: which tickets are under way, and what came already."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, String, and_, cast, or_, select

from connector.domain.conversation import Solved, WithAgent
from connector.domain.ids import ExternalId, TicketId
from connector.storage.inbox import digest
from connector.storage.tables import conversations, episodes, inbox, links

AT_ONCE = 500  # ids in one question
# An episode's id is made of these two (domain/ids); episodes have no other index to be found by.
_EPISODE = conversations.c.id + "-" + cast(conversations.c.episode, String)
_IS_TICKET = and_(links.c.kind == "ticket", links.c.theirs == episodes.c.ticket)
_WAS_MERGED = and_(links.c.kind == "merge", links.c.ours == episodes.c.ticket)


def tickets_under_way(connection: Connection, helpdesk: str) -> list[TicketId]:
    """Those that have a conversation now, sorted."""
    asked = (
        select(episodes.c.ticket)
        .distinct()
        .select_from(conversations)
        .join(episodes, episodes.c.id == _EPISODE)
        .join(links, or_(_IS_TICKET, _WAS_MERGED))
        .where(
            conversations.c.holder.in_((WithAgent.__name__, Solved.__name__)),
            links.c.owner == helpdesk,
        )
    )
    # Not by the database, whose order may follow a language.
    return sorted(TicketId(row.ticket) for row in connection.execute(asked))


def known(connection: Connection, source: str, ids: Sequence[ExternalId]) -> frozenset[ExternalId]:
    """Those of the ids that this source has told before, also of customers who are forgotten."""
    stands_for = {name: each for each in ids for name in (each, digest(each))}
    names, found = list(stands_for), set[ExternalId]()
    for first in range(0, len(names), AT_ONCE):
        some = names[first : first + AT_ONCE]
        asked = select(inbox.c.external_id).where(
            inbox.c.source == source, inbox.c.external_id.in_(some)
        )
        found |= {stands_for[row.external_id] for row in connection.execute(asked)}
    return frozenset(found)
