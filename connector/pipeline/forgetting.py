"""Forgetting a customer: here at once, in the helpdesk by calls that wait until it answers.

`connector forget` takes it in steps, the dashboard's button in one (`everywhere`); each leaves a line
in the audit log that does not say who it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from connector.domain.effects import Redact
from connector.domain.ids import ConversationId
from connector.errors import StorageUnavailable
from connector.storage import forgetting, held, ops, outbox, wipe
from connector.storage.engine import Database
from connector.storage.forgetting import Left, TicketUnderWay

# A comment that a provider has in its hands at this moment is to be found by then.
LANDED = timedelta(minutes=1)
TRIES = 3  # a server may choose this transaction to break a deadlock

__all__ = ["Left", "TicketUnderWay", "everywhere", "forget"]


def forget(
    db: Database,
    conversations: Sequence[ConversationId],
    helpdesks: Mapping[str, str] | None,
    account: str,
    now: datetime,
    *,
    person: bool = True,
) -> list[Left]:
    """All of them or none, in one transaction; those that were there.

    `helpdesks`: each channel's helpdesk, where tickets are blotted out too; None leaves them as they
    are. `person`: nothing else here is of the same customer. `account`: who wants it.
    Raise TicketUnderWay, StorageUnavailable.
    """

    def keep(connection: Connection) -> list[Left]:
        found = [forgetting.forget(connection, each, now) for each in conversations]
        left = [each for each in found if each is not None]
        for each in left:
            if helpdesks is not None:
                _order(connection, each, helpdesks.get(each.channel, ""), now, person=person)
            came_to = f"{len(each.tickets)} tickets"
            ops.note(connection, now, account, "forget", each.id, came_to)
        return left

    for _ in range(TRIES - 1):
        try:
            return db.write(keep)
        except StorageUnavailable:
            continue
    return db.write(keep)


def everywhere(
    db: Database, address: str, helpdesks: Mapping[str, str], account: str, now: datetime
) -> list[Left]:
    """The customer at this address, on all channels, in the tickets, and out of SQLite's log: what
    the dashboard's button does. Raise TicketUnderWay, StorageUnavailable.
    """
    found = db.read(lambda c: held.held(c, address))
    left = forget(db, [each.id for each in found], helpdesks, account, now)
    if db.engine.dialect.name == "sqlite":
        wipe.wipe(Path(db.engine.url.database or ""), rewrite=False, tell=lambda _: None)
    return left


def _order(
    connection: Connection, left: Left, helpdesk: str, now: datetime, *, person: bool
) -> None:
    for ticket in left.tickets:
        owner = ticket.helpdesk or helpdesk
        key = f"{left.id}:redact:{owner}:{ticket.id}"[:160]
        alone = person and not ticket.comments
        order = Redact(key, owner, ticket.id, ticket.comments, left.fields, person=alone)
        if owner:
            outbox.add(connection, left.id, order, now + LANDED)
