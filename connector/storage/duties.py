"""Periodic work that is done once in a fleet: by whoever moves its time on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, update

from connector.storage.once import insert_once
from connector.storage.prepared import Prepared
from connector.storage.tables import duties

_TAKE = Prepared(
    update(duties)
    .where(duties.c.name == bindparam("duty"), duties.c.due_at <= bindparam("now"))
    .values(due_at=bindparam("following"))
)


def take(connection: Connection, name: str, now: datetime, following: datetime) -> bool:
    """Whether it is due and ours to do; the next time is then `following`."""
    insert_once(connection, duties, ("name",), {"name": name, "due_at": now})
    return _TAKE(connection, {"duty": name, "now": now, "following": following}).rowcount == 1
