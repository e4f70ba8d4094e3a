"""The time-based incremental export of ticket events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connector.sandbox.zendesk.refusals import bad_request

if TYPE_CHECKING:
    from connector.sandbox.zendesk.twin import ZendeskTwin

PER_PAGE = 1000
HIDDEN = timedelta(minutes=1)  # the newest minute is never shown


def ticket_events(twin: ZendeskTwin, query: Mapping[str, str]) -> dict[str, Any]:
    now = twin.now()
    start = query.get("start_time", "")
    if not start.isdecimal() or datetime.fromtimestamp(int(start), UTC) > now - HIDDEN:
        raise bad_request("start_time must be at least one minute old")
    events = sorted(
        (
            _event(audit, with_comments=query.get("include") == "comment_events")
            for ticket in twin.tickets_.all()
            for audit in ticket.audits
        ),
        key=lambda e: (e["timestamp"], e["id"]),
    )
    until = (now - HIDDEN).timestamp()
    found = [e for e in events if int(start) <= e["timestamp"] <= until]
    page, more = found[:PER_PAGE], len(found) > PER_PAGE
    end = page[-1]["timestamp"] if page else int(start)
    return {
        "ticket_events": page,
        "count": len(page),
        "end_of_stream": not more,
        "end_time": end,
        "next_page": f"{twin.url}/api/v2/incremental/ticket_events.json?start_time={end}"
        if more
        else None,
    }


def _event(audit: dict[str, Any], *, with_comments: bool) -> dict[str, Any]:
    at = datetime.fromisoformat(audit["created_at"].replace("Z", "+00:00"))
    children = [
        dict(e, event_type=e["type"], comment_present=True, comment_public=e["public"])
        if e["type"] == "Comment"
        else dict(e, event_type=e["type"])
        for e in audit["events"]
        if with_comments or e["type"] != "Comment"
    ]
    return {
        "id": audit["id"],
        "ticket_id": audit["ticket_id"],
        "timestamp": int(at.timestamp()),
        "created_at": audit["created_at"],
        "updater_id": audit["author_id"],
        "via": audit["via"]["channel"],
        "event_type": "Audit",
        "metadata": audit["metadata"],
        "child_events": children,
    }
