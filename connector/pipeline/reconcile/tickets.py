"""Tickets under way: the helpdesk's webhook may never arrive, and all must still work."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connector import log
from connector.domain.ids import TicketId
from connector.helpdesks.base import TellsLastChange
from connector.pipeline import receive
from connector.pipeline.parts import Parts
from connector.pipeline.reconcile.ticker import GoesOn
from connector.storage import cursors, missed

AT_ONCE = 100
CALLS = 25  # a turn; more than 2500 tickets take turns

_log = log.get(__name__)


@dataclass(frozen=True)
class Seen:
    """What was last seen of each ticket under way.

    Stamps have whole seconds: a second change within one leaves the stamp as it is. So a stamp is
    `young` when it is first seen, and told once more when it is seen again a period later.
    """

    stamps: Mapping[TicketId, str]
    young: frozenset[TicketId] = frozenset()
    after: str = ""  # the ticket that was looked at last

    @classmethod
    def load(cls, text: str | None, under_way: Sequence[TicketId]) -> Seen:
        told = json.loads(text) if text else {}
        stamps = told.get("stamps", {})
        kept = {ticket: stamps[ticket] for ticket in under_way if ticket in stamps}
        return cls(kept, frozenset(told.get("young", ())) & kept.keys(), told.get("after", ""))

    def dump(self) -> str:
        return json.dumps(
            {"stamps": dict(self.stamps), "young": sorted(self.young), "after": self.after}
        )


def poll(parts: Parts, helpdesk: str, desk: TellsLastChange, goes_on: GoesOn) -> None:
    """Tell each conversation whose ticket changed. What was asked before a failure counts."""
    name = f"tickets:{helpdesk}"

    def look(connection: Connection) -> tuple[list[TicketId], str | None]:
        return missed.tickets_under_way(connection, helpdesk), cursors.get(connection, name)

    under_way, stored = parts.db.read(look)
    seen = Seen.load(stored, under_way)
    for batch in _batches(under_way, seen.after):
        if not goes_on():
            return
        now = parts.now()
        news, seen = compare(batch, desk.last_changes(batch), seen, now)
        # The news first: after a crash between the two they are told again, under the same names.
        new = receive.tickets_changed(parts, helpdesk, news)
        text = seen.dump()
        if text != stored:
            _keep(parts, name, text, now)
            stored = text
        if news:
            _log.info("tickets_polled", helpdesk=helpdesk, asked=len(batch), changed=len(news),
                      new=new)  # fmt: skip


def _keep(parts: Parts, name: str, text: str, now: datetime) -> None:
    parts.db.write(lambda c: cursors.put(c, name, text, now))


def _batches(tickets: Sequence[TicketId], after: str) -> list[Sequence[TicketId]]:
    """Beginning behind the one that was looked at last, so that each gets its turn."""
    turned = [t for t in tickets if t > after] + [t for t in tickets if t <= after]
    starts = range(0, min(len(turned), AT_ONCE * CALLS), AT_ONCE)
    return [turned[i : i + AT_ONCE] for i in starts]


def compare(
    batch: Sequence[TicketId], told: Mapping[TicketId, str], seen: Seen, now: datetime
) -> tuple[dict[TicketId, str], Seen]:
    """The tickets that changed, each with a name for the change, and what is seen from now on."""
    news: dict[TicketId, str] = {}
    stamps, young = dict(seen.stamps), set(seen.young)
    for ticket in batch:
        stamp = told.get(ticket)
        if stamp is None:
            # Deleted, most likely; reading it tells. If it does not, it is asked again in an hour.
            news[ticket] = f"poll:{ticket}:missing:{now:%Y-%m-%dT%H}"
        elif stamp != stamps.get(ticket):
            news[ticket] = f"poll:{ticket}:{stamp}"
            stamps[ticket] = stamp
            young.add(ticket)
        elif ticket in young:
            news[ticket] = f"poll:{ticket}:{stamp}:again"
            young.remove(ticket)
    return news, Seen(stamps, frozenset(young), batch[-1])
