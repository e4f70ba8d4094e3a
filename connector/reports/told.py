"""A period's figures as plain facts: what `connector report` prints, and what a program can read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from connector.reports import aftermath, handoffs
from connector.reports.aftermath import Aftermath
from connector.reports.handoffs import Figures, Times
from connector.reports.periods import Period
from connector.reports.shares import Spread

PLAIN = ("conversations", "handed_over", "handoff_rate", "going_on", "solved", "reopened",
         "reopened_rate", "came_back", "came_back_rate", "rated", "satisfied", "csat",
         "mean_score")  # fmt: skip
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


def report(connection: Connection, period: Period) -> Report:
    return Report(
        handoffs.figures(connection, period),
        handoffs.figures(connection, period.previous),
        handoffs.times(connection, period),
        handoffs.times(connection, period.previous),
        aftermath.aftermath(connection, period),
        aftermath.aftermath(connection, period.previous),
    )


def facts(found: Report) -> dict[str, Any]:
    """As JSON shows it; durations are seconds, rates and shares percents."""
    return {
        "period": found.now.period.name,
        "timezone": found.now.period.zone.key,
        **_facts(found.now, found.times, found.after),
        "before": {
            "period": found.before.period.name,
            **_facts(found.before, found.times_before, found.after_before),
        },
    }


def _facts(figures: Figures, times: Times, after: Aftermath) -> dict[str, Any]:
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
        "outcomes": {p.name: {"number": p.number, "share": p.share} for p in figures.outcomes},
        "triggers": {p.name: {"number": p.number, "share": p.share} for p in figures.triggers},
        "topics": [_topic(t) for t in figures.topics],
        "channels": [_group(g) for g in figures.channels],
        "languages": [_group(g) for g in figures.languages],
        "seconds_to_ticket": _spread(times.to_ticket),
        "seconds_to_reply": _spread(times.to_reply),
        "seconds_to_solved": _spread(times.to_solved),
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
    return listed
