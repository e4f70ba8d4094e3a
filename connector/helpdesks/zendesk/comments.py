"""A ticket's comments as Zendesk lists them -> comments as the rest of the house knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connector.domain.ids import ExternalId, TicketId
from connector.domain.tickets import Changes, Cursor, TakenBack
from connector.errors import Rejected, Transient
from connector.helpdesks.zendesk import state, whose
from connector.helpdesks.zendesk.client import Client, Json
from connector.helpdesks.zendesk.config import ZendeskConfig
from connector.helpdesks.zendesk.refusals import GONE, PROVIDER

PAGE = "100"
PAGES = 60  # Zendesk allows 5000 comments a ticket
_MARKER = "connector"
People = dict[int, Json]


def stamp(key: str, also: tuple[str, ...] = ()) -> dict[str, Any]:
    """Our marker: Zendesk keeps it with the comment and shows it to nobody."""
    return {_MARKER: {"key": key} | ({"also": list(also)} if also else {})}


@dataclass(frozen=True)
class Listed:
    """One comment as listed, with the keys that our own carry."""

    id: ExternalId
    at: datetime
    keys: tuple[str, ...]
    raw: Json


@dataclass(frozen=True)
class Page:
    comments: tuple[Listed, ...]  # newest first
    people: People
    next: str | None


def changes(client: Client, config: ZendeskConfig, ticket: TicketId, after: Cursor) -> Changes:
    """The ticket's state, and its comments at or after the cursor, oldest first."""
    # The state first: a comment that comes between the two readings is then newer than the state
    # and merely early. Read the other way round, "solved" could be reported without the comment
    # that was written in the same update, and the closing text would overtake it (A36).
    now = state.read(client, ticket)
    since, found, listed = after.since, list[tuple[Listed, People]](), list[Listed]()
    for page in newest(client, ticket):
        listed += page.comments
        found += [(c, page.people) for c in page.comments if since is None or c.at >= since]
        if since is not None and page.comments and page.comments[-1].at < since:
            break
    # Two comments within one second stay in the order of their ids.
    found.sort(key=lambda pair: (pair[0].at, int(pair[0].id)))
    merge = state.merged_into(ticket, now, [c.raw for c, _ in reversed(found)])
    target, merged_at = merge or (None, None)
    return Changes(
        ticket,
        now.status,
        tuple(
            # What was taken before is named, not read again.
            whose.known(c.id, c.at)
            if c.id in after.seen
            else whose.comment(c.raw, c.at, people, now, config, ours=bool(c.keys))
            for c, people in found
        ),
        now.tags,
        target,
        merged_at,
        tuple(_taken_back(listed)),
        now.waiting,
    )


def _taken_back(listed: Iterable[Listed]) -> Iterator[TakenBack]:
    """What may have been said to the customer before it was taken back; ours was not."""
    for each in listed:
        private, redactions = each.raw.get("public") is not True, whose.redactions(each.raw)
        if not each.keys and (private or redactions):
            yield TakenBack(each.id, private, redactions)


def newest(client: Client, ticket: TicketId) -> Iterator[Page]:
    """The comments page by page, newest first. Raise Transient if there is no end."""
    more: dict[str, str] = {}
    for _ in range(PAGES):
        page = client.read(
            "read_comments", f"tickets/{ticket}/comments.json", _page,
            sort="-created_at", include="users", include_inline_images="true", page__size=PAGE,
            **more,
        )  # fmt: skip
        yield page
        if page.next is None:
            return
        more = {"page__after": page.next}
    raise Transient(
        f"{PROVIDER} read_comments: more than {PAGES} pages",
        provider=PROVIDER, operation="read_comments", code="too_many_pages",
    )  # fmt: skip


def first_keys(client: Client, ticket: int) -> tuple[str, ...]:
    """The key in a ticket's first comment; () where there is none, or no ticket any more."""

    def oldest(body: Json) -> tuple[str, ...]:
        return next((_listed(c).keys for c in body["comments"]), ())

    path = f"tickets/{ticket}/comments.json"
    try:
        return client.read("find_ticket", path, oldest, sort="created_at", page__size="1")
    except Rejected as refused:
        if refused.code != GONE:
            raise
        return ()


def _page(body: Json) -> Page:
    meta = body.get("meta") or {}
    after = meta.get("after_cursor") if meta.get("has_more") is True else None
    return Page(
        tuple(_listed(c) for c in body["comments"]),
        {int(user["id"]): user for user in body.get("users") or ()},
        str(after) if after else None,
    )


def _listed(raw: Json) -> Listed:
    at = datetime.fromisoformat(raw["created_at"])
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Listed(ExternalId(str(int(raw["id"]))), at, keys_of(raw), raw)


def keys_of(raw: Json) -> tuple[str, ...]:
    """Our keys in a comment, or in an audit; () in those of others."""
    place: Any = raw.get("metadata")
    for name in ("custom", _MARKER):
        place = place.get(name) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        return ()
    also = place.get("also")
    keys = [place.get("key"), *(also if isinstance(also, list) else ())]
    return tuple(key for key in keys if isinstance(key, str))
