"""An account's sign-in as every process finds it: a sealed text, and whose turn it is to renew it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from connector.storage.once import insert_once
from connector.storage.tables import sign_ins as s


@dataclass(frozen=True)
class Kept:
    """`text` is empty where nothing has been kept yet; each keeping has a version of its own."""

    text: str = ""
    version: int = 0


def get(connection: Connection, name: str) -> Kept:
    row = connection.execute(select(s.c.text, s.c.version).where(s.c.name == name)).first()
    return Kept() if row is None else Kept(row.text, row.version)


def claim(connection: Connection, name: str, version: int, now: datetime, until: datetime) -> bool:
    """True for one of those who want to renew this version; until `until` it is nobody else's turn.

    On Postgres those who ask at the same time wait for the row, and then see that it is taken.
    """
    first = {"name": name, "text": "", "version": 0, "updated_at": now}
    insert_once(connection, s, ("name",), first)
    free = or_(s.c.renewing_until.is_(None), s.c.renewing_until <= now)
    mine = update(s).where(s.c.name == name, s.c.version == version, free)
    return connection.execute(mine.values(renewing_until=until)).rowcount == 1


def keep(connection: Connection, name: str, version: int, text: str, now: datetime) -> bool:
    """Replace this version; False, and nothing is changed, where another has replaced it already."""
    replaced = (
        update(s)
        .where(s.c.name == name, s.c.version == version)
        .values(text=text, version=version + 1, renewing_until=None, updated_at=now)
    )
    return connection.execute(replaced).rowcount == 1


def release(connection: Connection, name: str, version: int, until: datetime) -> None:
    """The claim that ends at `until` came to nothing: the next one may try."""
    mine = update(s).where(s.c.name == name, s.c.version == version, s.c.renewing_until == until)
    connection.execute(mine.values(renewing_until=None))


def release_all(connection: Connection) -> None:
    """For who starts with the database to itself: whoever claimed a turn has died in it."""
    connection.execute(update(s).values(renewing_until=None))
