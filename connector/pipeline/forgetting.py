"""Forgetting a customer: here at once, in the helpdesk by calls that wait until it answers.

What both `connector forget` and the dashboard's button do; each leaves a line in the audit log that
does not say who it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.domain.effects import Redact
from connector.domain.ids import ConversationId
from connector.errors import StorageUnavailable
from connector.storage import forgetting, ops, outbox
from connector.storage.engine import Database
from connector.storage.forgetting import Left, TicketUnderWay

# A comment that a provider has in its hands at this moment is to be found by then.
LANDED = timedelta(minutes=1)
TRIES = 3  # a server may choose this transaction to break a deadlock

__all__ = ["Left", "TicketUnderWay", "forget"]


def forget(
    db: Database,
    conversations: Sequence[ConversationId],
    helpdesks: Mapping[str, str],
    account: str,
    now: datetime,
    *,
    person: bool = True,
) -> list[Left]:
    """All of them or none, in one transaction; those that were there.

    `helpdesks`: each channel's helpdesk, whose tickets are blotted out too; {} leaves them as they
    are. `person`: nothing else here is of the same customer. `account`: who wants it.
    Raise TicketUnderWay, StorageUnavailable.
    """

    def keep(connection: Connection) -> list[Left]:
        found = [forgetting.forget(connection, each, now) for each in conversations]
        left = [each for each in found if each is not None]
        for each in left:
            if each.channel in helpdesks:
                _order(connection, each, now, person=person)
            came_to = f"{len(each.tickets)} tickets"
            ops.note(connection, now, account, "forget", each.id, came_to)
        return left

    for _ in range(TRIES - 1):
        try:
            return db.write(keep)
        except StorageUnavailable:
            continue
    return db.write(keep)


def _order(connection: Connection, left: Left, now: datetime, *, person: bool) -> None:
    for ticket, comments in left.tickets:
        key = f"{left.id}:redact:{ticket}"
        order = Redact(key, ticket, comments, left.fields, person=person and not comments)
        outbox.add(connection, left.id, order, now + LANDED)
