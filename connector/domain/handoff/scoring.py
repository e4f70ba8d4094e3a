"""How good verdicts are beside labels: for `connector score` and `make bench`.

The published format is one JSON object a line. Messages: {"text", "label", "lang", "source"}.
Conversations: {"turns", "ideal", "source"}, where ideal is the index of the customer's turn at
which a person should have taken over, or null.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.domain.handoff.judge import Task

POSITIVE: Mapping[str, Task] = {
    "wants_human": "explicit_request",
    "frustrated": "frustration",
    "legal_threat": "legal",
}
NEGATIVE: Mapping[Task, frozenset[str]] = {
    "explicit_request": frozenset({"none"}),
    "frustration": frozenset({"neutral"}),
    "legal": frozenset({"none"}),
}


@dataclass(frozen=True)
class Judged:
    """One labelled message and the verdict on it."""

    positive: bool
    fire: bool
    score: float
    group: str = ""


@dataclass(frozen=True)
class Timed:
    """One labelled conversation: the customer turns (0, 1, ...) at which it should go and went."""

    ideal: int | None
    fired: int | None


def task_of(rows: Iterable[Mapping[str, Any]]) -> Task | None:
    """What labelled rows are about; None if no label tells."""
    for row in rows:
        if "turns" in row:
            return "conversation"
        if row.get("label") in POSITIVE:
            return POSITIVE[row["label"]]
    return None


def is_positive(task: Task, label: object) -> bool | None:
    """None: not scored, as with "ambiguous"."""
    if POSITIVE.get(str(label)) == task:
        return True
    return False if label in NEGATIVE[task] else None


def of_messages(judged: Sequence[Judged]) -> dict[str, float]:
    """Precision, recall, F1, false alarms per 1,000, AUC, recall at 5 % false positives."""
    hits = [j for j in judged if j.positive]
    others = [j for j in judged if not j.positive]
    right = sum(j.fire for j in hits)
    wrong = sum(j.fire for j in others)
    precision, recall = _part(right, right + wrong), _part(right, len(hits))
    return {
        "positives": len(hits),
        "negatives": len(others),
        "precision": precision,
        "recall": recall,
        "f1": _part(2 * precision * recall, precision + recall),
        "false_per_1000": 1000 * _part(wrong, len(others)),
        "auc": auc([j.score for j in hits], [j.score for j in others]),
        "recall_at_5_percent": recall_at(0.05, hits, others),
    }


def of_conversations(timed: Sequence[Timed]) -> dict[str, float]:
    """On time, within one turn, early, missed, false handoffs; Golden Transfer within 1, 2, 3 turns."""
    wanted = [t for t in timed if t.ideal is not None]
    unwanted = [t for t in timed if t.ideal is None]
    late = [t.fired - t.ideal for t in wanted if t.fired is not None and t.ideal is not None]
    return {
        "handoffs": len(wanted),
        "none": len(unwanted),
        "on_time": _part(sum(d == 0 for d in late), len(wanted)),
        "within_one": _part(sum(abs(d) <= 1 for d in late), len(wanted)),
        "early": _part(sum(d < 0 for d in late), len(wanted)),
        "late": _part(sum(d > 0 for d in late), len(wanted)),
        "missed": _part(len(wanted) - len(late), len(wanted)),
        "false": _part(sum(t.fired is not None for t in unwanted), len(unwanted)),
        **{f"gtt_{n}": _part(sum(golden(t, n) for t in timed), len(timed)) for n in (1, 2, 3)},
    }


def golden(timed: Timed, tolerance: int) -> float:
    """Golden Transfer within Tolerance (Liu et al., AAAI 2021), early and late alike (l = 0)."""
    if timed.ideal is None or timed.fired is None:
        return float(timed.ideal is timed.fired)
    off = timed.fired - timed.ideal
    return math.exp(-off * off / (2.0 * (tolerance + 1e-7) ** 2))


def auc(hits: Sequence[float], others: Sequence[float]) -> float:
    """How often a positive scores above a negative; ties count half."""
    if not hits or not others:
        return math.nan
    ranked = sorted([(s, True) for s in hits] + [(s, False) for s in others])
    ranks, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        ranks += sum(hit for _, hit in ranked[at:end]) * (at + 1 + end) / 2
        at = end
    return (ranks - len(hits) * (len(hits) + 1) / 2) / (len(hits) * len(others))


def recall_at(rate: float, hits: Sequence[Judged], others: Sequence[Judged]) -> float:
    """Recall where so many of the negatives score as high."""
    if not others:
        return math.nan
    ranked = sorted(j.score for j in others)
    limit = ranked[min(int(len(ranked) * (1 - rate)), len(ranked) - 1)]
    return _part(sum(j.score > limit for j in hits), len(hits))


def _part(some: float, whole: float) -> float:
    return some / whole if whole else math.nan
