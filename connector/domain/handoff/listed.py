"""Triggers that are a list of phrases and a list of what only looks like them."""

from __future__ import annotations

from connector.domain.handoff.base import Considered, HandoffPolicy, Trigger, Turn, evidence

THRESHOLD = 0.5
_SURE = 0.95
EXCUSED = 0.3  # a phrase occurs, and so does what takes it back


def look_up(turn: Turn, policy: HandoffPolicy, trigger: Trigger, key: str) -> Considered:
    best, excused = 0.0, ""
    for language, words in policy.phrases.read(turn.text, turn.language):
        excuses = {i for m in language[f"not_{key}"].find(words) for i in range(m.begin, m.end)}
        for match in language[key].find(words):
            if excuses.isdisjoint(range(match.begin, match.end)):
                found = evidence(turn, match.words(words))
                return Considered(trigger, True, _SURE, THRESHOLD, (found,), language=language.name)
            best, excused = EXCUSED, match.words(words)
    proof = (evidence(turn, f"excused: {excused}"),) if best else ()
    return Considered(trigger, False, best, THRESHOLD, proof)
