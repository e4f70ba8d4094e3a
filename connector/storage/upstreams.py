"""What all processes know of upstreams: circuits that are open, and paces that are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, bindparam, select, update

from connector.domain.limits import Limit, spare, taken, wait_until
from connector.storage import once
from connector.storage.prepared import Prepared
from connector.storage.tables import circuits, paces


@dataclass(frozen=True)
class Circuit:
    """How often in a row an upstream failed, and until when it is left alone."""

    failures: int = 0
    open_until: datetime | None = None


CLOSED = Circuit()

_CIRCUIT = Prepared(
    select(circuits.c.failures, circuits.c.open_until).where(
        circuits.c.upstream == bindparam("wanted")
    )
)
_PROBE = Prepared(
    update(circuits)
    .where(circuits.c.upstream == bindparam("wanted"), circuits.c.open_until == bindparam("known"))
    .values(open_until=bindparam("until"))
)
_CLOSE = Prepared(
    update(circuits)
    .where(circuits.c.upstream == bindparam("wanted"))
    .values(failures=0, open_until=None)
)


@cache
def _failed(dialect: str) -> Prepared:
    added = once.insert(circuits, dialect)
    more = {"failures": circuits.c.failures + 1}
    return Prepared(
        added.on_conflict_do_update(index_elements=["upstream"], set_=more).returning(
            circuits.c.failures
        )
    )


_OPEN = Prepared(
    update(circuits)
    .where(circuits.c.upstream == bindparam("wanted"))
    .values(open_until=bindparam("until"))
)


def circuit(connection: Connection, upstream: str) -> Circuit:
    row = _CIRCUIT(connection, {"wanted": upstream}).first()
    return CLOSED if row is None else Circuit(row.failures, row.open_until)


def probe(connection: Connection, upstream: str, known: Circuit, until: datetime) -> bool:
    """Be the one that tries whether it is back; the others wait until `until` for what comes of it."""
    values = {"wanted": upstream, "known": known.open_until, "until": until}
    return _PROBE(connection, values).rowcount == 1


def close(connection: Connection, upstream: str) -> None:
    """It answers."""
    _CLOSE(connection, {"wanted": upstream})


def failed(connection: Connection, upstream: str) -> int:
    """It did not answer once more; how often in a row by now."""
    values = {"upstream": upstream, "failures": 1, "open_until": None}
    return int(_failed(connection.dialect.name)(connection, values).scalar())


def leave_alone(connection: Connection, upstream: str, until: datetime) -> None:
    _OPEN(connection, {"wanted": upstream, "until": until})


_PACE = select(paces.c.arrival_at).where(paces.c.name == bindparam("wanted"))


@cache
def _pace(dialect: str) -> Prepared:
    # On a server two processes may come at once: the second waits for the first one's row.
    return Prepared(_PACE.with_for_update() if dialect == "postgresql" else _PACE)


def _arrival(connection: Connection, limit: Limit, now: datetime) -> datetime:
    """What was kept; `now`, which allows as much as nothing does, where nothing was."""
    asked = _pace(connection.dialect.name)
    found = asked(connection, {"wanted": limit.name}).scalar()
    if found is None:
        # A row that is not there can't be waited for: of two who come first at once each would count one.
        row = {"name": limit.name, "arrival_at": now}
        once.insert_once(connection, paces, ("name",), row)
        found = asked(connection, {"wanted": limit.name}).scalar()
    return found if isinstance(found, datetime) else now


@dataclass(frozen=True)
class Turn:
    """Whether one more may leave, and how many could."""

    wait_until: datetime | None  # None: it was counted, and leaves now
    room: int | None  # before it was counted, under the tightest limit; None: no limit


def take(connection: Connection, limits: tuple[Limit, ...], now: datetime) -> Turn:
    """Count one more under all of these limits, or none if it has to wait for one of them."""
    arrivals = [(limit, _arrival(connection, limit, now)) for limit in limits]
    room = min((spare(limit, at, now) for limit, at in arrivals), default=None)
    waits = [wait for limit, at in arrivals if (wait := wait_until(limit, at, now))]
    if waits:
        return Turn(max(waits), room)
    for limit, at in arrivals:
        kept = {"name": limit.name, "arrival_at": taken(limit, at, now)}
        once.put(connection, paces, ("name",), kept)
    return Turn(None, room)
