"""The customer threatens with law, press, a regulator or their bank.

Either by a phrase of the list `legal`, or put together: whom a threat names (`justice`: a lawyer,
an ombudsman) and how one turns to them (`pursue`) in one clause. `not_legal` takes both back.
"""

from __future__ import annotations

from connector.domain.handoff.base import Considered, HandoffPolicy, Trigger, Turn, evidence
from connector.domain.handoff.listed import EXCUSED, THRESHOLD, look_up
from connector.domain.handoff.normalise import Words
from connector.domain.handoff.phrases import Language

_LIKELY = 0.8


def consider(turn: Turn, policy: HandoffPolicy) -> Considered:
    found = look_up(turn, policy, Trigger.LEGAL, "legal")
    if found.fired:
        return found
    for language, words in policy.phrases.read(turn.text, turn.language):
        said, excused = _threat(words, language)
        if said and not excused:
            proof = (evidence(turn, said),)
            return Considered(
                Trigger.LEGAL, True, _LIKELY, THRESHOLD, proof, language=language.name
            )
        if said and not found.evidence:
            proof = (evidence(turn, f"excused: {said}"),)
            found = Considered(Trigger.LEGAL, False, EXCUSED, THRESHOLD, proof)
    return found


def _threat(words: Words, language: Language) -> tuple[str, bool]:
    """The words that name justice in a clause that pursues it, and whether its clause is excused."""
    excuses = {words.clauses[match.begin] for match in language["not_legal"].find(words)}
    said = ""
    for justice in language["justice"].find(words):
        clause = words.clauses[justice.begin]
        here = (m for m in language["pursue"].find(words) if words.clauses[m.begin] == clause)
        if any(m.end <= justice.begin or m.begin >= justice.end for m in here):
            said = justice.words(words)
            if clause not in excuses:
                return said, False
    return said, bool(said)
