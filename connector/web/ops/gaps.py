"""The page of what the bot does not know, and the word that it has an article on something now."""

from __future__ import annotations

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from connector.domain.conversation import Message
from connector.pipeline import orders
from connector.reports import draft, gaps
from connector.reports.periods import Kind
from connector.web.ops.asked import Links, argument, clean, period_of
from connector.web.ops.parts import Dashboard

SEE_OTHER = 303
SHOWN = 30  # topics


def add(blueprint: Blueprint, dashboard: Dashboard) -> None:
    _pages(blueprint, dashboard)
    _buttons(blueprint, dashboard)


def _pages(blueprint: Blueprint, dashboard: Dashboard) -> None:
    db = dashboard.parts.db

    @blueprint.get("/gaps")
    def gaps_() -> str:
        period, now = period_of(dashboard), dashboard.parts.now()
        found = db.read(lambda c: gaps.overview(c, period, now))
        return render_template(
            "ops/gaps.html", period=period, found=found, shown=SHOWN, link=Links(period),
            kinds=list(Kind), avoidable=[each.value for each in gaps.AVOIDABLE],
        )  # fmt: skip

    @blueprint.get("/gaps/topic")
    def gap() -> str:
        topic, period, now = argument("topic") or "", period_of(dashboard), dashboard.parts.now()
        found = db.read(lambda c: gaps.about(c, period, topic, now))
        if found.is_empty:
            abort(404, "Nobody was handed over for such a topic.")
        shown = [_shown(dashboard, each) for each in found.exchanges]
        answered = [(asked, said) for _, asked, _, said in shown if said]
        return render_template(
            "ops/gap.html", topic=topic, period=period, shown=shown, found=found,
            article=draft.article(topic, answered), answered=len(answered),
            link=Links(period), kinds=list(Kind), said=request.args.get("said"),
        )  # fmt: skip


def _buttons(blueprint: Blueprint, dashboard: Dashboard) -> None:
    parts = dashboard.parts

    def topic() -> str:
        return clean("topic", request.form.get("topic", ""))

    @blueprint.post("/gaps/added")
    def article_added() -> Answer:
        orders.article_added(parts, g.viewer.name, topic())
        return redirect(url_for("ops.gap", topic=topic(), said="added"), SEE_OTHER)

    @blueprint.post("/gaps/taken-back")
    def article_taken_back() -> Answer:
        orders.article_taken_back(parts, g.viewer.name, topic())
        return redirect(url_for("ops.gap", topic=topic(), said="taken_back"), SEE_OTHER)


def _shown(
    dashboard: Dashboard, found: gaps.Exchange
) -> tuple[gaps.Exchange, str, list[str], list[str]]:
    """With its texts as they may stand in an article: numbers masked, without the agent's name."""
    channel = dashboard.parts.channels.get(found.channel)

    def text(message: Message) -> str:
        if channel is None:  # it is configured no more
            return message.text
        prefix = channel.policy.agent_prefix(message.author_name) if message.author_name else ""
        return channel.policy.mask(message.text.removeprefix(prefix))

    question = text(found.question) if found.question else ""
    return found, question, [text(m) for m in found.said], [text(m) for m in found.answered]
