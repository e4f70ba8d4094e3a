"""Floors under what the triggers reach on the labelled sets, a little below it."""

from __future__ import annotations

import pytest

from bench.handoff import DATA, conversations, messages, scorer
from connector.domain.handoff.base import HandoffPolicy
from connector.domain.handoff.judge import Task, judge

EVALUATE = scorer()
pytestmark = pytest.mark.skipif(EVALUATE is None, reason=f"no labelled sets at {DATA}")

FLOORS: list[tuple[str, Task, dict[str, float]]] = [
    ("wants_human", "explicit_request", {"precision": 0.98, "recall": 0.98}),
    ("legal", "legal", {"precision": 0.9, "recall": 0.9}),
    ("frustration", "frustration", {"precision": 0.75, "recall": 0.72, "auc": 0.875}),
]


@pytest.mark.parametrize(("name", "task", "floors"), FLOORS)
def test_messages(policy: HandoffPolicy, name: str, task: Task, floors: dict[str, float]) -> None:
    assert EVALUATE is not None
    found = messages(EVALUATE, DATA, name, lambda text: judge(task, {"text": text}, policy))
    assert {k: found[k] for k in floors if found[k] < floors[k]} == {}


def test_conversations(policy: HandoffPolicy) -> None:
    assert EVALUATE is not None
    found = conversations(
        EVALUATE, DATA, lambda turns: judge("conversation", {"turns": turns}, policy)
    )
    assert found["on_time_rate"] >= 0.74
    assert found["within1"] >= 0.82
    assert found["missed_rate"] <= 0.15
    assert found["false_handoff_rate"] <= 0.085
