"""/metrics for Prometheus.

What is a total or a state of all processes is read from the database, so that it is the same whoever
is asked, and neither a restart nor a deletion changes it. Times are what this process measured.
No label names a customer.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

from flask import Flask, Response, abort, request
from prometheus_client import CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, literal_column, or_, select

from connector.domain.handoff.base import Trigger
from connector.domain.money import NANO
from connector.meters import ACK_SECONDS, UPSTREAM_SECONDS
from connector.storage import tables, tallies
from connector.storage.alarms import LASTING, NOTICE
from connector.storage.engine import Database
from connector.storage.watched import alarms, spend
from connector.web.ops.gate import from_here

HAPPENED = timedelta(hours=1)
MANY = "PROMETHEUS_MULTIPROC_DIR"  # set where several processes answer at one address


@dataclass(frozen=True)
class Scraping:
    """Who may ask. Without a token: who sits at this machine."""

    token: str | None = None


class _Stored(Collector):
    def __init__(self, db: Database, channels: Sequence[str]) -> None:
        self._db, self._channels = db, channels

    def describe(self) -> Iterable[Metric]:
        return ()  # else the database would be asked when the program starts

    def collect(self) -> Iterable[Metric]:
        return self._db.read(lambda connection: stored(connection, self._channels))


def stored(connection: Connection, channels: Sequence[str] = ()) -> list[Metric]:
    return [
        *_totals(connection, channels),
        *_work(connection),
        *_spent(connection),
        *_states(connection),
    ]


def _totals(connection: Connection, channels: Sequence[str]) -> Iterable[Metric]:
    # From 0 on, where one knows what there can be: the first of a series that begins at 1 is no increase.
    zero: dict[str, dict[tuple[str, ...], int]] = {
        tallies.HANDOFFS: dict.fromkeys(product(Trigger, channels), 0),
        tallies.UNKNOWN: {(channel,): 0 for channel in channels},
        tallies.ALERTS: {},
    }
    for name, said, labels in (
        (tallies.HANDOFFS, "Episodes handed over", ["trigger", "channel"]),
        (tallies.UNKNOWN, "Messages of which nobody can tell whether they were sent", ["channel"]),
        (tallies.ALERTS, "What an operator has to look at", ["kind", "owner"]),
    ):
        family = CounterMetricFamily(f"connector_{name}", said, labels=labels)
        found = {tuple(values): number for values, number in tallies.read(connection, name)}
        for values, number in (zero[name] | found).items():
            family.add_metric(values, number)
        yield family


OPEN_CALLS = select(tables.outbox.c.state, func.count().label("number")).where(
    literal_column("outbox.done_at IS NULL")
)
BURIED = select(func.count()).select_from(tables.outbox).where(
    literal_column("outbox.state = 'buried'")
)  # fmt: skip


def _work(connection: Connection) -> Iterable[Metric]:
    """By the indexes of what is open and what is buried: what is done is not looked at."""
    counted = dict.fromkeys(("due", "trying", "uncertain"), 0)
    for row in connection.execute(OPEN_CALLS.group_by(tables.outbox.c.state)):
        counted[row.state] = row.number
    counted["buried"] = connection.execute(BURIED).scalar_one()
    outbox = GaugeMetricFamily(
        "connector_outbox", "Calls that are not done, and those given up on", labels=["state"]
    )
    for state, number in counted.items():
        outbox.add_metric([state], number)
    yield outbox
    i = tables.inbox.c
    waits = select(func.min(i.received_at), func.count()).where(
        literal_column("inbox.handled_at IS NULL")
    )
    oldest, number = connection.execute(waits).one()
    age = (datetime.now(UTC) - oldest).total_seconds() if oldest else 0
    yield GaugeMetricFamily(
        "connector_inbox_oldest_age_seconds", "Age of the oldest event waiting", value=max(age, 0)
    )
    yield GaugeMetricFamily("connector_inbox_waiting", "Events not handled yet", value=number)


def _spent(connection: Connection) -> Iterable[Metric]:
    s = spend.c
    tokens = CounterMetricFamily(
        "connector_llm_tokens", "Tokens of model calls", labels=["channel", "model", "kind"]
    )
    dollars = CounterMetricFamily(
        "connector_llm_cost_usd", "What they cost, where the price is known",
        labels=["channel", "model"],
    )  # fmt: skip
    kinds = (s.input, s.output, s.cache_write, s.cache_read)
    sums = [func.sum(kind).label(kind.key) for kind in kinds]
    asked = select(s.channel, s.model, s.priced, *sums, func.sum(s.nano).label("nano"))
    for row in connection.execute(asked.group_by(s.channel, s.model, s.priced)):
        for kind in kinds:
            tokens.add_metric([row.channel, row.model, kind.key], int(row._mapping[kind.key]))
        if row.priced:
            dollars.add_metric([row.channel, row.model], int(row.nano) / NANO)
    return [tokens, dollars]


def _states(connection: Connection) -> Iterable[Metric]:
    c = tables.circuits.c
    circuits = GaugeMetricFamily(
        "connector_circuit_open", "1 while an upstream is left alone", labels=["upstream"]
    )
    for row in connection.execute(select(c.upstream, c.open_until)):
        circuits.add_metric([row.upstream], float(row.open_until is not None))
    raised = GaugeMetricFamily(
        "connector_alarms",
        "What needs a person: while it lasts, or for an hour where it is a thing that happened",
        labels=["kind", "owner"],
    )
    a, recent = alarms.c, datetime.now(UTC) - HAPPENED
    shown = or_(a.kind.in_(LASTING), a.raised_at >= recent)
    counted = select(a.kind, a.owner, func.count().label("number")).where(
        literal_column("alarms.over_at IS NULL"), shown, a.kind != NOTICE
    )
    for row in connection.execute(counted.group_by(a.kind, a.owner)):
        raised.add_metric([row.kind, row.owner], row.number)
    return [circuits, raised]


def registry(db: Database, channels: Sequence[str] = ()) -> CollectorRegistry:
    made = CollectorRegistry()
    if os.environ.get(MANY):
        multiprocess.MultiProcessCollector(made)  # type: ignore[no-untyped-call]
    else:
        made.register(ACK_SECONDS)
        made.register(UPSTREAM_SECONDS)
    made.register(_Stored(db, channels))
    return made


def register(app: Flask, db: Database, scraping: Scraping, channels: Sequence[str]) -> None:
    shown = registry(db, channels)

    def show() -> Response:
        _refuse_strangers(scraping)
        return Response(generate_latest(shown), content_type="text/plain; version=0.0.4")

    app.add_url_rule("/metrics", "metrics", show)


def _refuse_strangers(scraping: Scraping) -> None:
    if scraping.token is None:
        if not from_here():
            abort(403, "Set ops.metrics_token to be asked from elsewhere.")
        return
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not hmac.compare_digest(
        given.strip().encode(), scraping.token.encode()
    ):
        abort(401)
