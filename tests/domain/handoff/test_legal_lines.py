"""Threats with law, press, a regulator or the bank, in six languages, and what only looks so."""

from __future__ import annotations

from pathlib import Path

from connector.domain.handoff.base import HandoffPolicy, Turn
from connector.domain.handoff.legal import consider

LINES = Path(__file__).parents[2] / "fixtures" / "handoff" / "legal.txt"


def test_precision_and_recall(policy: HandoffPolicy) -> None:
    right: dict[str, list[str]] = {"+": [], "-": []}
    wrong: dict[str, list[str]] = {"+": [], "-": []}
    for line in LINES.read_text(encoding="utf-8").splitlines():
        sign, language, text = line.split(" ", 2)
        if sign in right:
            fired = consider(Turn("1", "customer", text, language=language), policy).fired
            (right if fired == (sign == "+") else wrong)[sign].append(text)
    asked = len(right["+"]) + len(wrong["+"])
    assert asked > 60
    assert len(right["+"]) / asked >= 0.95, wrong["+"]
    assert len(right["+"]) / (len(right["+"]) + len(wrong["-"])) >= 0.93, wrong["-"]
