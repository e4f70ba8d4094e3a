"""Asked, not told: which tickets changed, for when a webhook got lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.domain.ids import TicketId
from connector.errors import Rejected, Transient
from connector.helpdesks.base import History
from connector.helpdesks.zendesk.client import Client, Json
from connector.helpdesks.zendesk.comments import keys_of
from connector.helpdesks.zendesk.refusals import GONE, PROVIDER

# Zendesk refuses to tell the last minute; its clock and ours differ by some seconds.
HIDDEN = timedelta(seconds=70)
HISTORY = "read_history"


def last_changes(client: Client, tickets: Sequence[TicketId]) -> dict[TicketId, str]:
    def stamps(body: Json) -> dict[TicketId, str]:
        return {TicketId(str(int(t["id"]))): str(t["updated_at"]) for t in body["tickets"]}

    try:
        return client.read("show_many", "tickets/show_many.json", stamps, ids=",".join(tickets))
    except Rejected as refused:
        if refused.code != GONE:
            raise
        return {}  # not one of them is left


def history(client: Client, since: datetime, now: Callable[[], datetime]) -> History:
    start = min(since, now() - HIDDEN)

    def page(body: Json) -> History:
        end = body.get("end_time")
        until = start if end is None else datetime.fromtimestamp(int(end), UTC)
        # Without an end that is later there is nothing to go on from.
        more = body.get("end_of_stream") is False and until > start
        return History(_by_others(body["ticket_events"]), until, more)

    try:
        # Without the comments' texts: they are not needed, and a thousand of them are too much.
        return client.read(
            HISTORY,
            "incremental/ticket_events.json",
            page,
            start_time=str(int(start.timestamp())),
        )
    except Transient as error:
        if error.status != 403:
            raise
        raise Rejected(
            f"{PROVIDER} {HISTORY}: HTTP 403",
            meaning="Zendesk tells the history of tickets to an admin only",
            provider=PROVIDER, operation=HISTORY, status=403, code=error.code,
        ) from None  # fmt: skip


def _by_others(events: Sequence[dict[str, Any]]) -> dict[TicketId, str]:
    """Each ticket with its last event; what we wrote ourselves is no news."""
    return {TicketId(str(int(e["ticket_id"]))): str(int(e["id"])) for e in events if not keys_of(e)}
