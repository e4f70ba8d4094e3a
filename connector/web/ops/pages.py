"""The dashboard's pages: each reads what it shows in one consistent view of the database."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, render_template, request

from connector.domain.conversation import WithBot
from connector.domain.ids import ConversationId
from connector.reports import handoffs, listing, live, story
from connector.reports.periods import BadPeriod, Kind, Period
from connector.storage import buried
from connector.storage import ops as store
from connector.web.ops.parts import Dashboard

LONGEST_ARGUMENT = 200
LARGEST = 2**53  # beyond any row's number
LONG_WAIT = timedelta(minutes=15)
OLD_EVENT = timedelta(minutes=1)


def add(blueprint: Blueprint, dashboard: Dashboard) -> None:
    _today(blueprint, dashboard)
    _periods(blueprint, dashboard)
    _conversation(blueprint, dashboard)
    _rest(blueprint, dashboard)


def _today(blueprint: Blueprint, dashboard: Dashboard) -> None:
    db, zone = dashboard.parts.db, dashboard.ops.zone

    @blueprint.get("/")
    def today() -> str:
        now = dashboard.parts.now()
        day = Period.of(Kind.DAY, now, zone)
        seen, figures, before = db.read(
            lambda c: (live.live(c), handoffs.figures(c, day), handoffs.figures(c, day.previous))
        )
        # What is asked for again and again is the part that changes.
        page = "ops/now.html" if "HX-Request" in request.headers else "ops/today.html"
        return render_template(
            page, live=seen, day=figures, before=before, now=now, long_wait=LONG_WAIT,
            old_event=OLD_EVENT, ticket_urls=dashboard.ops.ticket_urls,
        )  # fmt: skip


def _periods(blueprint: Blueprint, dashboard: Dashboard) -> None:
    db = dashboard.parts.db

    @blueprint.get("/handoffs")
    def handed_over() -> str:
        period = _period(dashboard)
        current, before, trend, times, times_before = db.read(
            lambda c: (
                handoffs.figures(c, period),
                handoffs.figures(c, period.previous),
                handoffs.trend(c, period),
                handoffs.times(c, period),
                handoffs.times(c, period.previous),
            )
        )
        return render_template(
            "ops/handoffs.html", period=period, now=current, before=before, trend=trend,
            times=times, times_before=times_before, link=Links(period), kinds=list(Kind),
        )  # fmt: skip

    @blueprint.get("/conversations")
    def conversations() -> str:
        period, wanted = _period(dashboard), _wanted()
        page = request.args.get("page", 1, type=int)
        if not 1 <= page <= listing.DEEPEST:
            abort(400, f"Pages go from 1 to {listing.DEEPEST}: choose a shorter period.")
        number, found = db.read(lambda c: listing.listed(c, period, wanted, page))
        return render_template(
            "ops/conversations.html", period=period, wanted=wanted, number=number, found=found,
            page=page, size=listing.PAGE, link=Links(period), deepest=listing.DEEPEST,
        )  # fmt: skip


def _conversation(blueprint: Blueprint, dashboard: Dashboard) -> None:
    db = dashboard.parts.db

    @blueprint.get("/conversations/<wanted>")
    def conversation(wanted: str) -> str:
        number = _number("episode")
        found = db.read(lambda c: story.story(c, ConversationId(wanted), number))
        if found is None:
            abort(404, "There is no such conversation, or no such episode of it.")
        may = isinstance(found.conversation.holder, WithBot) and found.shown is not None
        newest = bool(found.episodes) and found.shown == found.episodes[-1]
        return render_template(
            "ops/conversation.html", story=found, may_hand_over=may and newest,
            holder=type(found.conversation.holder).__name__, said=request.args.get("said"),
            ticket_url=dashboard.ops.ticket_urls.get(found.conversation.channel, ""),
        )  # fmt: skip


def _rest(blueprint: Blueprint, dashboard: Dashboard) -> None:
    db = dashboard.parts.db

    @blueprint.get("/buried")
    def buried_() -> str:
        found = db.read(buried.listed)
        return render_template("ops/buried.html", found=found, said=request.args.get("said"))

    @blueprint.get("/configuration")
    def configuration() -> str:
        return render_template("ops/configuration.html", groups=dashboard.ops.configuration)

    @blueprint.get("/log")
    def log() -> str:
        before = _number("before")
        found = db.read(lambda c: store.entries(c, before))
        return render_template("ops/log.html", found=found, before=before, size=store.PAGE)


def _argument(name: str) -> str | None:
    value = request.args.get(name)
    if value is not None and (len(value) > LONGEST_ARGUMENT or "\0" in value):
        abort(400, f"'{name}' is too long, or holds what no name does.")
    return value


def _number(name: str) -> int | None:
    value = request.args.get(name, type=int)
    if value is not None and abs(value) > LARGEST:
        abort(400, f"'{name}' is too large.")
    return value


def _period(dashboard: Dashboard) -> Period:
    zone: ZoneInfo = dashboard.ops.zone
    given, at = _argument("by") or Kind.MONTH.value, _argument("at")
    try:
        kind = Kind(given)
    except ValueError:
        abort(400, "A period is a day, a week or a month.")
    try:
        return Period.named(kind, at, zone) if at else Period.of(kind, dashboard.parts.now(), zone)
    except BadPeriod as error:
        abort(400, f"That is no period: {error}.")


def _wanted() -> listing.Wanted:
    handed = {"yes": True, "no": False}.get(_argument("handed_over") or "")
    return listing.Wanted(
        channel=_argument("channel") or None,
        language=_argument("language"),
        trigger=_argument("trigger") or None,
        outcome=_argument("outcome") or None,
        handed_over=handed,
    )


class Links:
    """The query that leads to a period's page, or to the conversations behind one of its numbers."""

    def __init__(self, period: Period) -> None:
        self._period = period

    def __call__(self, period: Period | None = None, **wanted: str) -> str:
        chosen = period or self._period
        return urlencode({"by": chosen.kind.value, "at": chosen.name, **wanted})
