"""One labelled row in, the same row with the local triggers' verdict out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from connector.domain.handoff import consider, explicit_request, frustration, legal
from connector.domain.handoff.base import Considered, HandoffPolicy, Trigger, Turn

Task = Literal["explicit_request", "frustration", "legal", "conversation"]
TASKS: tuple[Task, ...] = ("explicit_request", "frustration", "legal", "conversation")


def judge(task: Task, row: Mapping[str, Any], policy: HandoffPolicy) -> dict[str, Any]:
    """The row with fire, score and trigger added. Raise ValueError if it lacks what is judged."""
    if task == "conversation":
        found = consider(_turns(row), policy)
        hit = next((one for one in found if one.fired), None)
        score = max((one.score for one in found), default=0.0)
        verdict = hit or Considered(Trigger.OPERATOR, False, score, 0.5)
        return _with(row, replace(verdict, score=score))
    text = row.get("text")
    if not isinstance(text, str):
        raise ValueError("a row needs a text")
    turn = Turn("1", "customer", text)
    if task == "explicit_request":
        return _with(row, explicit_request.consider(turn, policy))
    if task == "legal":
        return _with(row, legal.consider(turn, policy))
    score, language = frustration.score_of(text, policy)
    fired = score >= frustration.THRESHOLD
    return _with(
        row,
        Considered(Trigger.FRUSTRATION, fired, score, frustration.THRESHOLD, language=language),
    )


def _with(row: Mapping[str, Any], verdict: Considered) -> dict[str, Any]:
    trigger = verdict.trigger.value if verdict.fired else None
    return {**row, "fire": verdict.fired, "score": round(verdict.score, 4), "trigger": trigger}


def _turns(row: Mapping[str, Any]) -> tuple[Turn, ...]:
    given = row.get("turns")
    if not isinstance(given, list) or not given:
        raise ValueError("a row needs turns")
    found: list[Turn] = []
    for number, turn in enumerate(given, 1):
        role = turn.get("role") if isinstance(turn, dict) else None
        if role not in ("customer", "bot", "agent") or not isinstance(turn.get("text"), str):
            raise ValueError(f"turn {number} needs a role (customer, bot, agent) and a text")
        found.append(Turn(str(number), role, turn["text"], bool(turn.get("offers_person"))))
    return tuple(found)
