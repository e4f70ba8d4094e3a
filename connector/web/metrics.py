"""/metrics for Prometheus. What the database knows is read from it, so that restarts change nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from flask import Flask, Response
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select

from connector.alerts import ALERTS
from connector.storage import tables
from connector.storage.engine import Database

ACK_SECONDS = Histogram(
    "connector_webhook_ack_seconds",
    "From a webhook's arrival to its durable acknowledgement",
    ["source"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)


class _Stored(Collector):
    def __init__(self, db: Database) -> None:
        self._db = db

    def collect(self) -> Iterable[Metric]:
        return self._db.read(_stored)


def _stored(connection: Connection) -> list[Metric]:
    handoffs = CounterMetricFamily(
        "connector_handoffs", "Episodes handed over", labels=["trigger", "channel"]
    )
    e = tables.episodes
    counted = select(e.c.trigger, e.c.channel, func.count().label("number"))
    for row in connection.execute(
        counted.where(e.c.trigger.is_not(None)).group_by(e.c.trigger, e.c.channel)
    ):
        handoffs.add_metric([row.trigger, row.channel], row.number)
    outbox = GaugeMetricFamily(
        "connector_outbox", "Calls that are not done, and those given up on", labels=["state"]
    )
    o = tables.outbox
    open_or_buried = o.c.done_at.is_(None) | (o.c.state == "buried")
    for row in connection.execute(
        select(o.c.state, func.count().label("number")).where(open_or_buried).group_by(o.c.state)
    ):
        outbox.add_metric([row.state], row.number)
    unknown = CounterMetricFamily(
        "connector_unknown_outcome", "Messages of which nobody can tell whether they were sent"
    )
    lost = select(func.count()).select_from(o).where(o.c.state == "unknown")
    unknown.add_metric([], connection.execute(lost).scalar_one())
    i = tables.inbox
    oldest = connection.execute(
        select(func.min(i.c.received_at)).where(i.c.handled_at.is_(None))
    ).scalar()
    age = GaugeMetricFamily("connector_inbox_oldest_age_seconds", "Age of the oldest event waiting")
    age.add_metric([], (datetime.now(UTC) - oldest).total_seconds() if oldest else 0)
    c = tables.circuits
    circuits = GaugeMetricFamily(
        "connector_circuit_open", "1 while an upstream is left alone", labels=["upstream"]
    )
    for row in connection.execute(select(c.c.upstream, c.c.open_until)):
        circuits.add_metric([row.upstream], float(row.open_until is not None))
    return [handoffs, outbox, unknown, age, circuits]


def register(app: Flask, db: Database) -> None:
    registry = CollectorRegistry()
    registry.register(ACK_SECONDS)
    registry.register(ALERTS)
    registry.register(_Stored(db))

    def show() -> Response:
        return Response(generate_latest(registry), content_type="text/plain; version=0.0.4")

    app.add_url_rule("/metrics", "metrics", show)
