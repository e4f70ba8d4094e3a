"""What a Zendesk ticket says of itself: its status, its tags, and where it was merged to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.domain.ids import TicketId
from connector.domain.tickets import TicketStatus
from connector.errors import Rejected
from connector.helpdesks.zendesk.client import Client, Json
from connector.helpdesks.zendesk.refusals import GONE, PROVIDER

# Zendesk's own tag on a ticket that was closed by being merged into another one.
MERGED = "closed_by_merge"
# A requester's reply makes these open, but not what is written for them over the API with an agent's
# credentials (support.zendesk.com, "About native system ticket rules").
_WAITING = ("pending", "hold")
_STATUSES = {
    "new": TicketStatus.OPEN,
    "open": TicketStatus.OPEN,
    "pending": TicketStatus.OPEN,
    "hold": TicketStatus.OPEN,
    "solved": TicketStatus.SOLVED,
    "closed": TicketStatus.CLOSED,
}
# "This request was closed and merged into request #35 ..." in whatever language.
_NUMBER = re.compile(r"#\s?(\d{1,18})\b")


@dataclass(frozen=True)
class State:
    status: TicketStatus
    tags: tuple[str, ...]
    requester: int | None
    copied: frozenset[int] = frozenset()  # the people in copy
    waiting: bool = False


def read(client: Client, ticket: TicketId) -> State:
    """Raise Rejected with the code GONE if it was deleted, or deleted as spam."""
    return client.read("read_ticket", f"tickets/{ticket}.json", _state)


def _state(body: Json) -> State:
    ticket = body["ticket"]
    status = ticket["status"]
    if status == "deleted":
        raise Rejected(
            f"{PROVIDER} read_ticket: deleted",
            meaning="the ticket was deleted in Zendesk",
            provider=PROVIDER, operation="read_ticket", code=GONE,
        )  # fmt: skip
    tags = ticket.get("tags")
    named = tuple(t for t in tags if isinstance(t, str)) if isinstance(tags, list) else ()
    requester = ticket.get("requester_id")
    # A state that Zendesk adds one day is somebody's job until we know better.
    return State(
        _STATUSES.get(status, TicketStatus.OPEN),
        named,
        requester if isinstance(requester, int) else None,
        _people(ticket.get("email_cc_ids")) | _people(ticket.get("collaborator_ids")),
        status in _WAITING,
    )


def _people(ids: Any) -> frozenset[int]:
    return frozenset(i for i in ids if isinstance(i, int)) if isinstance(ids, list) else frozenset()


def merged_into(
    ticket: TicketId, state: State, newest_first: Sequence[Json]
) -> tuple[TicketId, datetime] | None:
    """Where this ticket went and when, from the comment that the merge left on it.

    Only a closed ticket is merged, and only what staff or the system wrote counts: a customer's text
    can't send their conversation to somebody else's ticket.
    """
    if state.status is not TicketStatus.CLOSED:
        return None
    for raw in newest_first:
        relation, source = _via(raw)
        by_merge = relation == "merge" or (
            raw is newest_first[0] and MERGED in state.tags and raw["author_id"] != state.requester
        )
        target = _target(raw, source) if by_merge else None
        if target is not None and target != str(ticket):
            return TicketId(target), datetime.fromisoformat(raw["created_at"])
    return None


def _via(raw: Json) -> tuple[str, Json]:
    via: Any = raw.get("via")
    source: Any = via.get("source") if isinstance(via, dict) else None
    source = source if isinstance(source, dict) else {}
    return str(source.get("rel") or ""), source


def _target(raw: Json, source: Json) -> str | None:
    to: Any = source.get("to")
    number = to.get("ticket_id") if isinstance(to, dict) else None
    if isinstance(number, int) or (isinstance(number, str) and number.isdecimal()):
        return str(int(number))
    found = _NUMBER.search(str(raw.get("plain_body") or raw.get("body") or ""))
    return str(int(found[1])) if found else None
