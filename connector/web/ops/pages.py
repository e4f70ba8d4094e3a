"""The dashboard's pages: each reads what it shows in one consistent view of the database."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, render_template, request

from connector.domain.conversation import Solved, WithAgent, WithBot
from connector.domain.decide.resend import missing
from connector.domain.ids import ConversationId
from connector.reports import handoffs, listing, live, story, told
from connector.reports.periods import Kind, Period, Span
from connector.storage import buried
from connector.storage import ops as store
from connector.storage.forgetting import FORGOTTEN
from connector.web.ops import words
from connector.web.ops.asked import (
    DEEPEST,
    Links,
    number,
    page_of,
    period_of,
    period_or_span,
    wanted,
)
from connector.web.ops.parts import Dashboard

LONG_WAIT = timedelta(minutes=15)
OLD_EVENT = timedelta(minutes=1)
TOPICS = 12  # on the page of all figures


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
        period = period_of(dashboard)
        found, trend = db.read(lambda c: (told.report(c, period), handoffs.trend(c, period)))
        return render_template(
            "ops/handoffs.html", period=period, now=found.now, before=found.before, trend=trend,
            times=found.times, times_before=found.times_before, after=found.after,
            after_before=found.after_before, link=Links(period), kinds=list(Kind), shown=TOPICS,
            goes_on=period.starts_at <= dashboard.parts.now() < period.ends_at,
        )  # fmt: skip

    @blueprint.get("/conversations")
    def conversations() -> str:
        period, given, page = period_or_span(dashboard), wanted(), page_of(DEEPEST)
        count, found = db.read(lambda c: listing.listed(c, period, given, page))
        return render_template(
            "ops/conversations.html", period=period, wanted=given, number=count, found=found,
            page=page, size=listing.PAGE, span=isinstance(period, Span), link=Links(period), deepest=DEEPEST,
            said=request.args.get("said"),
        )  # fmt: skip


def _conversation(blueprint: Blueprint, dashboard: Dashboard) -> None:
    db = dashboard.parts.db

    @blueprint.get("/conversations/<wanted>")
    def conversation(wanted: str) -> str:
        episode = number("episode")
        found = db.read(lambda c: story.story(c, ConversationId(wanted), episode))
        if found is None:
            abort(404, "There is no such conversation, or no such episode of it.")
        return render_template(
            "ops/conversation.html", story=found, may=_may(found), ordered=words.ORDERED,
            missing=len(missing(found.conversation)),
            holder=type(found.conversation.holder).__name__, said=request.args.get("said"),
            known=not found.conversation.address.startswith(FORGOTTEN),
            ticket_url=dashboard.ops.ticket_urls.get(found.conversation.channel, ""),
        )  # fmt: skip


def _may(found: story.Story) -> list[str]:
    """What can be ordered of the episode that is shown: of the newest, and of no other."""
    if found.shown is None or found.shown != found.episodes[-1]:
        return []
    talk = found.conversation
    return [
        *(["hand_over"] if isinstance(talk.holder, WithBot) else []),
        *(["resend"] if missing(talk) and not talk.opted_out else []),
        *(["hand_back"] if isinstance(talk.holder, WithAgent | Solved) else []),
    ]


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
        before = number("before")
        found = db.read(lambda c: store.entries(c, before))
        return render_template("ops/log.html", found=found, before=before, size=store.PAGE)
