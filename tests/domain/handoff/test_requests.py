"""Requests for a person as people of many trades write them, in each language, and what only looks so.

About two thirds of the lines were written before the rules that they led to; the last third was judged by
rules that had not seen them before it led to more (the figures of that stand in decision 0023).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.domain.handoff.base import LANGUAGES, HandoffPolicy, Turn
from connector.domain.handoff.explicit_request import consider

LINES = Path(__file__).parents[2] / "fixtures" / "handoff"


def lines(language: str, sign: str) -> list[str]:
    text = (LINES / f"requests.{language}.txt").read_text(encoding="utf-8")
    return [line[2:] for line in text.splitlines() if line.startswith(sign)]


def fires(policy: HandoffPolicy, text: str, language: str | None) -> bool:
    return consider(Turn("1", "customer", text, language=language), policy).fired


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("told", [True, False])
def test_each_language(policy: HandoffPolicy, language: str, told: bool) -> None:
    """`told`: whether the language is known, as from the second turn of a conversation on."""
    hint = language if told else None
    asked, others = lines(language, "+"), lines(language, "-")
    missed = [text for text in asked if not fires(policy, text, hint)]
    false = [text for text in others if fires(policy, text, hint)]
    assert len(asked) >= 75
    assert len(missed) <= 0.05 * len(asked), missed
    assert len(false) <= 0.05 * len(others), false
