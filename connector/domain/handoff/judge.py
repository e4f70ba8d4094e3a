"""One labelled row in, the same row with the local triggers' verdict out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from connector.domain.handoff import consider, decided, explicit_request, frustration, legal
from connector.domain.handoff.base import Considered, HandoffPolicy, Trigger, Turn

Task = Literal["explicit_request", "frustration", "legal", "conversation"]
TASKS: tuple[Task, ...] = ("explicit_request", "frustration", "legal", "conversation")


def judge(
    task: Task, row: Mapping[str, Any], policy: HandoffPolicy, *, why: bool = False
) -> dict[str, Any]:
    """The row with fire, score and trigger added. Raise ValueError if it lacks what is judged.

    `why` adds each trigger that was looked at: its score, its threshold, and the words and what was
    seen in them (`quote`, `detail`), whether it fired or not.
    """
    if task == "conversation":
        looked_at = consider(turns_of(row), policy)
        verdict = _whole(looked_at)
    else:
        verdict = _one(task, row, policy)
        looked_at = (verdict,)
    judged = _with(row, verdict)
    return judged | {"why": [_seen(each) for each in looked_at]} if why else judged


def _one(task: Task, row: Mapping[str, Any], policy: HandoffPolicy) -> Considered:
    text = row.get("text")
    if not isinstance(text, str):
        raise ValueError("a row needs a text")
    turn = Turn("1", "customer", text, language=_language(row))
    if task == "explicit_request":
        return explicit_request.consider(turn, policy)
    if task == "legal":
        return legal.consider(turn, policy)
    return frustration.of_message(turn, policy)


def _whole(found: Sequence[Considered]) -> Considered:
    score = max((one.score for one in found), default=0.0)
    hit = decided(found)
    return replace(hit or Considered(Trigger.OPERATOR, False, 0.0, 0.5), score=score)


def _with(row: Mapping[str, Any], verdict: Considered) -> dict[str, Any]:
    trigger = verdict.trigger.value if verdict.fired else None
    return {**row, "fire": verdict.fired, "score": round(verdict.score, 4), "trigger": trigger}


def _seen(one: Considered) -> dict[str, Any]:
    return {
        "trigger": one.trigger.value,
        "fired": one.fired,
        "score": round(one.score, 4),
        "threshold": one.threshold,
        "language": one.language,
        "evidence": [{"quote": each.quote, "detail": each.detail} for each in one.evidence],
    }


def _language(row: Mapping[str, Any]) -> str | None:
    given = row.get("lang")
    return given if isinstance(given, str) and given else None


def turns_of(row: Mapping[str, Any]) -> tuple[Turn, ...]:
    """What was said. Raise ValueError if it is not a list of {"role", "text"}."""
    given = row.get("turns")
    if not isinstance(given, list) or not given:
        raise ValueError("a row needs turns")
    language = _language(row)
    found: list[Turn] = []
    for number, turn in enumerate(given, 1):
        role = turn.get("role") if isinstance(turn, dict) else None
        if role not in ("customer", "bot", "agent") or not isinstance(turn.get("text"), str):
            raise ValueError(f"turn {number} needs a role (customer, bot, agent) and a text")
        offers = bool(turn.get("offers_person"))
        found.append(Turn(str(number), role, turn["text"], offers, language))
    return tuple(found)
