"""Which episodes are a period's."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from connector.reports.periods import Period, Span
from connector.storage.tables import episodes

e = episodes.c


def within(period: Period | Span) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Those that began in it."""
    return e.started_at >= period.starts_at, e.started_at < period.ends_at
