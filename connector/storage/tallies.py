"""Totals that only ever grow, for all processes together, whatever else is deleted meanwhile."""

from __future__ import annotations

import json
from functools import cache

from sqlalchemy import Connection, select

from connector.storage import once
from connector.storage.prepared import Prepared
from connector.storage.watched import tallies

HANDOFFS, UNKNOWN, ALERTS = "handoffs", "unknown_outcome", "alerts"


@cache
def _add(dialect: str) -> Prepared:
    added = once.insert(tallies, dialect)
    more = {"number": tallies.c.number + added.excluded.number}
    return Prepared(added.on_conflict_do_update(index_elements=["name", "labels"], set_=more))


def add(connection: Connection, name: str, *labels: str, number: int = 1) -> None:
    """In the transaction that makes it true."""
    values = {"name": name, "labels": json.dumps(labels)[:250], "number": number}
    _add(connection.dialect.name)(connection, values)


def read(connection: Connection, name: str) -> list[tuple[list[str], int]]:
    """Each combination of labels and its total."""
    rows = connection.execute(
        select(tallies.c.labels, tallies.c.number).where(tallies.c.name == name)
    )
    return [(json.loads(row.labels), int(row.number)) for row in rows]
