"""The customer asks for a person.

pleas.py finds what may be a request: an action reaches a person ("talk to an agent"), a clause asks
and names one ("could a nurse ring me"), the message is little but a person ("human please"), or the
customer refuses the bot. What negates it, tells of the past, makes the person somebody else's ("my
agent") or asks what the bot is, takes it back: that is done here.

Why "my manager said" does not fire: "manager" is a target, but "my" is an owner, so it is nobody of
ours; and no action reaches it. Why "don't transfer me to an agent" does not: "transfer me" reaches
"an agent", and "dont transfer" is a negation that begins before it. `connector judge --why`
shows the verdict on a line and the words that it rests on, those that took it back too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from connector.domain.handoff.base import Considered, HandoffPolicy, Trigger, Turn, evidence
from connector.domain.handoff.normalise import Words
from connector.domain.handoff.patterns import Match
from connector.domain.handoff.phrases import Language
from connector.domain.handoff.pleas import Parts, Plea

THRESHOLD = 0.5
TAKEN_BACK = 0.2
_NEAR = 4  # words between a negation and what it negates


def consider(turn: Turn, policy: HandoffPolicy) -> Considered:
    best, language = 0.0, None
    why = ""
    for tongue, text in policy.phrases.read(turn.text, turn.language):
        if tongue.name not in policy.explicit_request:
            continue
        score, reason = score_of(text, tongue)
        if score == TAKEN_BACK and best < THRESHOLD:  # no other language may bring it again
            best, why, language = score, reason, tongue.name
            break
        if score > best:
            best, why, language = score, reason, tongue.name
    fired = best >= THRESHOLD
    proof = (evidence(turn, why),) if best else ()
    return Considered(
        Trigger.EXPLICIT_REQUEST,
        fired,
        best,
        THRESHOLD,
        proof,
        language=language if fired else None,
    )


def score_of(text: Words, language: Language) -> tuple[float, str]:
    """How surely the text asks for a person, and by which rule."""
    if language.cold(text):
        return 0.0, ""
    sieve = _Sieve(text, language)
    best = next(sieve.pleas(), None)
    if best is not None:
        return best.score, best.why
    if sieve.taken_back:
        return TAKEN_BACK, f"taken back: {sieve.taken_back}"
    return (0.1, "names a person") if sieve.parts.spans["target"] else (0.0, "")


class _Sieve:
    """The requests of a text without those that are taken back."""

    def __init__(self, text: Words, language: Language) -> None:
        self.text = text
        self.taken_back = ""  # the words that took a request back
        self.language = language
        self.parts = Parts(text, language)

    @cached_property
    def blockers(self) -> dict[str, list[Match]]:
        return self.language.blockers.find(self.text, self.parts.spans)

    @cached_property
    def _negations(self) -> list[Match]:
        """Without those of a lament: "why can't I talk to a human?" is no less a request."""
        laments = {self.text.clauses[m.begin] for m in self.blockers["lament"]}
        found = self.blockers["negation"]
        return [m for m in found if self.text.clauses[m.begin] not in laments]

    def pleas(self) -> Iterator[Plea]:
        """The surest first, then the refusals of the bot."""
        for plea in self.parts.pleas():
            if not self._blocked(plea):
                yield plea
        yield from self.parts.refusals()
        if self.parts.spans["bot"]:
            for match in self.blockers["negation"]:  # "I don't want to talk to a bot"
                yield from self.parts.refused(match.begin, match.end)

    def _blocked(self, plea: Plea) -> bool:
        inside = (m for m in self.blockers["identity"] if m.begin <= plea.target < m.end)
        others = (*self.blockers["reported"], *self._negations)
        before = (m for m in others if self._reaches(m, plea))
        clause = self.text.clauses[plea.target]
        needless = (m for m in self.blockers["needless"] if self.text.clauses[m.begin] == clause)
        found = next(inside, None) or next(before, None) or next(needless, None)
        if found is not None:
            self.taken_back = found.words(self.text)
        return found is not None

    def _reaches(self, negation: Match, plea: Plea) -> bool:
        """Whether the negation stands inside the plea or shortly before it."""
        if self.text.clauses[negation.begin] != self.text.clauses[plea.begin]:
            return False
        if plea.begin <= negation.begin < plea.end or negation.begin <= plea.begin < negation.end:
            return True
        between = range(negation.end, plea.begin)
        near = negation.end <= plea.begin and len(between) <= _NEAR
        return near and set(between) <= self.parts.filler
