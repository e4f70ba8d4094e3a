"""A period's figures as plain facts: what `connector report` prints, and what a program can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from connector.domain.money import NANO
from connector.reports import aftermath, handoffs, spend
from connector.reports.aftermath import Aftermath
from connector.reports.handoffs import Figures, Times
from connector.reports.periods import Period
from connector.reports.shares import Spread

PLAIN = ("conversations", "handed_over", "handoff_rate", "going_on", "solved", "reopened",
         "reopened_rate", "came_back", "came_back_rate", "rated", "satisfied", "csat",
         "mean_score", "model_calls", "model_tokens", "model_usd", "model_usd_per_conversation",
         "model_tokens_without_price")  # fmt: skip
_RATES = ("conversations", "handed_over", "handoff_rate")
GROUPS = {
    "topics": ("handed_over", "share", "in_a_hundred"),
    "channels": _RATES,
    "languages": _RATES,
}


@dataclass(frozen=True)
class Report:
    """A period and the one before it."""

    now: Figures
    before: Figures
    times: Times
    times_before: Times
    after: Aftermath
    after_before: Aftermath
    cost: spend.Cost
    cost_before: spend.Cost


class Named(Protocol):
    @property
    def name(self) -> str: ...


Row = TypeVar("Row", bound=Named)


def beside(now: Sequence[Row], before: Sequence[Row]) -> list[tuple[str, Row | None, Row | None]]:
    """In the order of now; what there was before alone comes last."""
    new, old = ({row.name: row for row in rows} for rows in (now, before))
    return [(name, new.get(name), old.get(name)) for name in dict.fromkeys([*new, *old])]


def report(connection: Connection, period: Period) -> Report:
    return Report(
        handoffs.figures(connection, period),
        handoffs.figures(connection, period.previous),
        handoffs.times(connection, period),
        handoffs.times(connection, period.previous),
        aftermath.aftermath(connection, period),
        aftermath.aftermath(connection, period.previous),
        spend.cost(connection, period),
        spend.cost(connection, period.previous),
    )


def facts(found: Report) -> dict[str, Any]:
    """As JSON shows it; durations are seconds, rates and shares percents."""
    return {
        "period": found.now.period.name,
        "timezone": found.now.period.zone.key,
        **_facts(found.now, found.times, found.after, found.cost),
        "before": {
            "period": found.before.period.name,
            **_facts(found.before, found.times_before, found.after_before, found.cost_before),
        },
    }


def _facts(figures: Figures, times: Times, after: Aftermath, cost: spend.Cost) -> dict[str, Any]:
    return {
        "conversations": figures.episodes,
        "handed_over": figures.handed_over,
        "handoff_rate": figures.rate,
        "going_on": figures.going_on,
        "solved": after.solved,
        "reopened": after.reopened,
        "reopened_rate": after.reopened_rate,
        "came_back": after.came_back,
        "came_back_rate": after.came_back_rate,
        "rated": after.rated,
        "satisfied": after.satisfied,
        "csat": after.csat,
        "mean_score": after.score,
        "model_calls": cost.calls,
        "model_tokens": cost.tokens,
        "model_usd": cost.nano / NANO,
        "model_usd_per_conversation": _usd(cost.each(figures.episodes)),
        "model_tokens_without_price": cost.unpriced,
        "outcomes": {p.name: {"number": p.number, "share": p.share} for p in figures.outcomes},
        "triggers": {p.name: {"number": p.number, "share": p.share} for p in figures.triggers},
        "topics": [_topic(t) for t in figures.topics],
        "channels": [_group(g) for g in figures.channels],
        "languages": [_group(g) for g in figures.languages],
        "seconds_to_ticket": _spread(times.to_ticket),
        "seconds_to_reply": _spread(times.to_reply),
        "seconds_to_solved": _spread(times.to_solved),
        "model_cost": [_spent(row) for row in cost.rows],
    }


def _usd(nano: int | None) -> float | None:
    return None if nano is None else nano / NANO


def _spent(row: spend.Spent) -> dict[str, Any]:
    """US dollars, null where the price is not known; tokens by kind."""
    kinds = ("input", "output", "cache_write", "cache_read")
    return {
        "channel": row.channel,
        "model": row.model,
        "calls": row.calls,
        "usd": row.nano / NANO if row.priced else None,
        "tokens": {kind: getattr(row, kind) for kind in kinds},
    }


def _group(group: handoffs.Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "conversations": group.episodes,
        "handed_over": group.handed_over,
        "handoff_rate": group.rate,
    }


def _topic(topic: handoffs.Topic) -> dict[str, Any]:
    return {
        "name": topic.name,
        "handed_over": topic.handed_over,
        "share": topic.share,
        "in_a_hundred": topic.rate,
    }


def _spread(spread: Spread) -> dict[str, Any]:
    return {
        "number": spread.number,
        "median": spread.median.total_seconds() if spread.median is not None else None,
        "nine_in_ten": spread.p90.total_seconds() if spread.p90 is not None else None,
    }


def rows(found: Report) -> list[tuple[str, str, object, object]]:
    """As CSV shows it: what, of which, now, before."""
    now, before = facts(found), facts(found)["before"]
    listed: list[tuple[str, str, object, object]] = [
        (name, "", now[name], before[name]) for name in PLAIN
    ]
    for kind in ("outcomes", "triggers"):
        for name in dict.fromkeys([*now[kind], *before[kind]]):
            for what in ("number", "share"):
                pair = [side[kind].get(name, {}).get(what, 0) for side in (now, before)]
                listed.append((f"{kind[:-1]}_{what}", name, *pair))
    for kind, columns in GROUPS.items():
        sides = [{g["name"]: g for g in side[kind]} for side in (now, before)]
        for name in dict.fromkeys([*sides[0], *sides[1]]):
            for what in columns:
                pair = [side.get(name, {}).get(what) for side in sides]
                listed.append((f"{kind[:-1]}_{what}", name, *pair))
    for kind in ("seconds_to_ticket", "seconds_to_reply", "seconds_to_solved"):
        listed += [(f"{kind}_{x}", "", now[kind][x], before[kind][x]) for x in now[kind]]
    for name, new, old in spend.beside(found.cost, found.cost_before):
        listed.append(("model_calls", name, new.calls if new else 0, old.calls if old else 0))
        listed.append(("model_tokens", name, new.tokens if new else 0, old.tokens if old else 0))
        listed.append(("model_usd", name, _priced(new), _priced(old)))
    return listed


def _priced(row: spend.Spent | None) -> float | None:
    if row is None:
        return 0.0
    return row.nano / NANO if row.priced else None
