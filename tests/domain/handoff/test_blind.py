"""Lines that were written before the rules, half of them never looked at: floors under what is reached.

The floors of half B and of the late lines lie a little below what was measured when they were first
looked at; they say how far the rules carry, not how far they were made to.
"""

from __future__ import annotations

import pytest

from bench import lines
from connector.domain.handoff.base import LANGUAGES, HandoffPolicy
from connector.domain.handoff.scoring import of_messages

WRITTEN = lines.read()
STRANGE = lines.read(lines.STRANGERS)
STRANGE_FLOORS = {  # half B: precision, recall
    "requests": (0.95, 0.89),
    "legal": (0.88, 0.77),
    "safety": (0.9, 0.62),
    "offer": (0.9, 0.77),
    "anger": (0.76, 0.69),
}
FLOORS = {  # of the lines that no rule was made by: precision, recall
    "requests": (0.96, 0.9),
    "legal": (0.93, 0.9),
    "safety": (0.95, 0.85),
    "stuck": (0.9, 0.9),
    "offer": (0.95, 0.9),
    "anger": (0.93, 0.9),
}


@pytest.mark.parametrize("kind", FLOORS)
def test_unseen(policy: HandoffPolicy, kind: str) -> None:
    unseen = [x for x in WRITTEN if x.kind == kind and x.half != "A"]
    found = of_messages(lines.judged(unseen, policy))
    assert len(unseen) > 60
    assert found["precision"] >= FLOORS[kind][0], found
    assert found["recall"] >= FLOORS[kind][1], found


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_carries(policy: HandoffPolicy, language: str) -> None:
    """A13 and A14 in each language: nothing may stand on English alone."""
    unseen = [
        x for x in WRITTEN if (x.kind, x.language) == ("requests", language) and x.half != "A"
    ]
    found = of_messages(lines.judged(unseen, policy))
    assert found["recall"] >= 0.87, found
    assert found["precision"] >= 0.94, found


@pytest.mark.parametrize("kind", STRANGE_FLOORS)
def test_strangers_half_b(policy: HandoffPolicy, kind: str) -> None:
    """Written by people who had never seen the rules; decision 0053 has what was reached at first."""
    unseen = [x for x in STRANGE if x.kind == kind and x.half == "B"]
    found = of_messages(lines.judged(unseen, policy))
    assert len(unseen) > 50
    assert found["precision"] >= STRANGE_FLOORS[kind][0], found
    assert found["recall"] >= STRANGE_FLOORS[kind][1], found


@pytest.mark.parametrize("kind", ["legal", "safety"])
def test_ordinary_messages_are_no_danger(policy: HandoffPolicy, kind: str) -> None:
    """Requests, answers and questions of half A: hardly one may sound like a threat or danger."""
    others = [
        x
        for x in (*WRITTEN, *STRANGE)
        if x.half == "A" and x.kind in ("requests", "offer", "stuck", "anger")
    ]
    fired = [x.text for x in others if lines.KINDS[kind](x.text, policy)[0]]
    assert len(others) > 2000
    assert len(fired) <= 6, fired


def test_half_a_is_learnt(policy: HandoffPolicy) -> None:
    known = [x for x in WRITTEN if x.half == "A"]
    wrong = [
        (x.kind, x.text)
        for x, verdict in zip(known, lines.judged(known, policy), strict=True)
        if verdict.fire != x.positive
    ]
    assert len(wrong) <= 0.03 * len(known), wrong
