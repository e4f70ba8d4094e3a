"""The operator's own words: whole words, whatever their case and accents."""

from __future__ import annotations

from connector.domain.handoff.base import Considered, HandoffPolicy, Trigger, Turn, evidence
from connector.domain.handoff.normalise import considered, words

THRESHOLD = 0.5


def consider(turn: Turn, policy: HandoffPolicy) -> Considered:
    text = words(turn.text).words
    for keyword in policy.keywords:
        wanted = words(considered(keyword)).words
        if wanted and _occurs(wanted, text):
            proof = (evidence(turn, f"keyword: {keyword}"),)
            return Considered(Trigger.KEYWORDS, True, 1.0, THRESHOLD, proof, source="operator")
    return Considered(Trigger.KEYWORDS, False, 0.0, THRESHOLD, source="operator")


def _occurs(wanted: tuple[str, ...], text: tuple[str, ...]) -> bool:
    count = len(wanted)
    return any(text[i : i + count] == wanted for i in range(len(text) - count + 1))
