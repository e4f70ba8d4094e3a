"""Pages behind numbers of this moment: who has which conversation, what is under way, what it costs."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from connector.reports import held, live, spend, work
from connector.reports.live import HOLDERS
from connector.reports.periods import Kind
from connector.web.ops.asked import DEEPEST, Links, argument, page_of, period_of
from connector.web.ops.pages import LONG_WAIT
from connector.web.ops.parts import Dashboard

WAITING = "waiting"


def add(blueprint: Blueprint, dashboard: Dashboard) -> None:
    _live(blueprint, dashboard)
    _work(blueprint, dashboard)
    _cost(blueprint, dashboard)


def _live(blueprint: Blueprint, dashboard: Dashboard) -> None:
    db = dashboard.parts.db

    @blueprint.get("/live")
    def live_() -> str:
        who, page = argument("who") or WAITING, page_of(DEEPEST)
        if who == WAITING:
            all_of = db.read(live.waiting)
            first = (page - 1) * held.PAGE
            number, found = len(all_of), all_of[first : first + held.PAGE]
            return _shown(who, number, page, waiting=found)
        if who not in HOLDERS:
            abort(400, f"Choose who has them: {', '.join([*HOLDERS, WAITING])}.")
        number, theirs = db.read(lambda c: held.held(c, who, page))
        return _shown(who, number, page, held=theirs)

    def _shown(who: str, number: int, page: int, **found: object) -> str:
        return render_template(
            "ops/live.html", who=who, number=number, page=page, size=held.PAGE, deepest=DEEPEST,
            choices=[*HOLDERS, WAITING], now=dashboard.parts.now(), long_wait=LONG_WAIT,
            ticket_urls=dashboard.ops.ticket_urls, **found,
        )  # fmt: skip


def _work(blueprint: Blueprint, dashboard: Dashboard) -> None:
    @blueprint.get("/work")
    def work_() -> str:
        what, page = argument("what") or "events", page_of(DEEPEST)
        if what not in ("events", "calls"):
            abort(400, "Work under way is events or calls.")
        read = work.events if what == "events" else work.calls
        number, found = dashboard.parts.db.read(lambda c: read(c, page))
        return render_template(
            "ops/work.html", what=what, number=number, found=found, page=page, size=work.PAGE,
            deepest=DEEPEST, now=dashboard.parts.now(),
        )  # fmt: skip


def _cost(blueprint: Blueprint, dashboard: Dashboard) -> None:
    @blueprint.get("/cost")
    def cost() -> str:
        period, channel, page = period_of(dashboard), argument("channel"), page_of(DEEPEST)
        rows, before, (number, found) = dashboard.parts.db.read(
            lambda c: (
                spend.spent(c, period),
                spend.spent(c, period.previous),
                spend.dearest(c, period, channel, page),
            )
        )
        return render_template(
            "ops/cost.html", period=period, rows=rows, before=spend.by_model(before),
            number=number, found=found, page=page, size=spend.PAGE, deepest=DEEPEST,
            channel=channel, link=Links(period), kinds=list(Kind),
        )  # fmt: skip
