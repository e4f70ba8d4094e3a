"""What a page was asked for: periods, filters, numbers. What makes no sense is refused in a sentence."""

from __future__ import annotations

from typing import NoReturn
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import abort, request

from connector.reports import listing
from connector.reports.periods import BadPeriod, Kind, Period, Span
from connector.web.ops.parts import Dashboard

LONGEST_ARGUMENT = 200
DEEPEST = 200  # pages of a list
LARGEST = 2**53  # beyond any row's number


def argument(name: str) -> str | None:
    value = request.args.get(name)
    return None if value is None else clean(name, value)


def clean(name: str, value: str) -> str:
    if len(value) > LONGEST_ARGUMENT or "\0" in value:
        abort(400, f"'{name}' is too long, or holds what no name does.")
    return value


def number(name: str) -> int | None:
    value = request.args.get(name, type=int)
    if value is not None and abs(value) > LARGEST:
        abort(400, f"'{name}' is too large.")
    return value


def period_of(dashboard: Dashboard) -> Period:
    zone: ZoneInfo = dashboard.ops.zone
    given, at = argument("by") or Kind.MONTH.value, argument("at")
    try:
        kind = Kind(given)
    except ValueError:
        abort(400, "A period is a day, a week or a month.")
    try:
        return Period.named(kind, at, zone) if at else Period.of(kind, dashboard.parts.now(), zone)
    except BadPeriod as error:
        _no_period(error)


def period_or_span(dashboard: Dashboard) -> Period | Span:
    """What was asked for with `from` and `to`, else the period."""
    begins, ends = argument("from"), argument("to")
    if begins is None and ends is None:
        return period_of(dashboard)
    try:
        return Span.named(begins or "", ends or "")
    except BadPeriod as error:
        _no_period(error)


def _no_period(error: BadPeriod) -> NoReturn:
    abort(400, f"That is no period: {error}.")


def page_of(deepest: int) -> int:
    """From 1."""
    found = request.args.get("page", 1, type=int)
    if not 1 <= found <= deepest:
        abort(400, f"Pages go from 1 to {deepest}: choose a shorter period.")
    return found


def wanted() -> listing.Wanted:
    yes_or_no = {"yes": True, "no": False}
    return listing.Wanted(
        channel=argument("channel") or None,
        language=argument("language"),
        trigger=argument("trigger") or None,
        outcome=argument("outcome") or None,
        handed_over=yes_or_no.get(argument("handed_over") or ""),
        topic=argument("topic"),
        reached=argument("reached") or None,
        rated=argument("rated") or None,
        reopened=yes_or_no.get(argument("reopened") or ""),
        came_back=argument("came_back") or None,
        avoidable=yes_or_no.get(argument("avoidable") or ""),
    )


class Links:
    """The query that leads to a period's page, or to the conversations behind one of its numbers."""

    def __init__(self, period: Period | Span) -> None:
        self._period = period

    def __call__(self, period: Period | Span | None = None, **wanted: str) -> str:
        chosen = period or self._period
        if isinstance(chosen, Span):
            ends = {"from": chosen.starts_at.isoformat(), "to": chosen.ends_at.isoformat()}
            return urlencode(ends | wanted)
        return urlencode({"by": chosen.kind.value, "at": chosen.name, **wanted})
