"""The customer asks for a person.

An action ("talk to") reaches a target ("an agent") over words that carry little, or the message is
little but a target ("human please"), or the customer refuses the bot. What negates it, makes the
person somebody else's ("my agent") or asks what the bot is, takes it back.

Why "my manager said" does not fire: "manager" is a target, but "my" is an owner, so it is nobody of
ours; and no action reaches it. Why "don't transfer me to an agent" does not: "transfer me" reaches
"an agent", and "dont transfer" is a negation that begins before it. `connector judge` shows the
verdict on a line, and the evidence of what was taken back quotes the words that did it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from connector.domain.handoff.base import Considered, HandoffPolicy, Trigger, Turn, evidence
from connector.domain.handoff.normalise import Words
from connector.domain.handoff.patterns import Match, Spans
from connector.domain.handoff.phrases import Language

THRESHOLD = 0.5
TAKEN_BACK = 0.2
_REACH = 7  # words between an action and its target
_STRANGE = 2  # of them, words that are in no list
_BARE = 6  # words of a message that is little but a target
_NEAR = 4  # words between a negation and what it negates


@dataclass(frozen=True)
class Plea:
    begin: int
    end: int
    target: int
    score: float
    why: str


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
    best = max(sieve.pleas(), key=lambda plea: plea.score, default=None)
    if best is not None:
        return best.score, best.why
    if sieve.taken_back:
        return TAKEN_BACK, f"taken back: {sieve.taken_back}"
    return (0.1, "names a person") if sieve.spans["target"] else (0.0, "")


class _Sieve:
    """One text under one language's lists."""

    def __init__(self, text: Words, language: Language) -> None:
        self.text = text
        self.taken_back = ""  # the words that took a request back
        self.language = language
        self.spans = language.requests.spans(text)
        self.found = language.requests.find(text, self.spans)
        self.filler = self._covered("filler")
        self.owned = {end for end in self.spans["owner"].values()}

    @cached_property
    def blockers(self) -> dict[str, list[Match]]:
        return self.language.blockers.find(self.text, self.spans)

    def pleas(self) -> Iterator[Plea]:
        for plea in self._positive():
            if not self._blocked(plea):
                yield plea
        yield from self._refusals()

    def _positive(self) -> Iterator[Plea]:
        for begin, end in self.spans["action"].items():
            yield from self._forward(begin, end)
        for begin, end in self.spans["target"].items():
            yield from self._backward(begin, end)
        for begin, end in self.spans["somebody"].items():
            yield from self._backward(begin, end)
        for match in self.found["want"]:
            yield from self._wanted(match)
        for match in self.found["request"]:
            yield Plea(match.begin, match.end, match.begin, 0.9, match.pattern.text)
        yield from self._bare()
        yield from self._plainly()

    def _forward(self, begin: int, end: int) -> Iterator[Plea]:
        """ "connect me to a live agent" """
        strange = 0
        for at in self._same_clause(end, _REACH):
            if self._is_person("target", at) or self._is_person("somebody", at):
                yield Plea(begin, at + 1, at, 0.95, "asks to reach a person")
                return
            strange += at not in self.filler
            if strange > _STRANGE or at in self.spans["thing"]:
                return

    def _backward(self, begin: int, end: int) -> Iterator[Plea]:
        """ "mit einem Menschen sprechen" """
        if begin in self.owned:
            return
        strange = 0
        for at in self._same_clause(end, _REACH):
            if at in self.spans["after"]:
                yield Plea(begin, self.spans["after"][at], begin, 0.9, "names a person to reach")
                return
            strange += at not in self.filler
            if strange > 0:
                return

    def _wanted(self, match: Match) -> Iterator[Plea]:
        """ "I want a person", but not "I want a person limit" """
        for at in self._same_clause(match.end, _REACH):
            if self._is_person("target", at):
                if self._finished(self.spans["target"][at]):
                    yield Plea(match.begin, at + 1, at, 0.85, "wants a person")
                return
            if at not in self.filler:
                return

    def _bare(self) -> Iterator[Plea]:
        """ "human please" """
        targets = self._covered("target")
        everything = set(range(len(self.text)))
        if targets and len(everything) <= _BARE and everything <= targets | self.filler:
            first = min(targets)
            if first not in self.owned:
                yield Plea(0, len(self.text), first, 0.85, "names a person and nothing else")
        for match in self.found["bare"]:
            if self._fills_clause(match):
                yield Plea(match.begin, match.end, match.begin, 0.9, match.pattern.text)

    def _plainly(self) -> Iterator[Plea]:
        """ "can you loop in a human", whatever the verb: a person beyond doubt, behind an "ask" """
        for begin, end in self.spans["sure"].items():
            clause = self.text.clauses[begin]
            asks = [a for a in self.spans["ask"] if a < begin and self.text.clauses[a] == clause]
            if asks and begin not in self.owned and self._finished(end):
                yield Plea(asks[-1], end, begin, 0.7, "asks, and names a person")

    def _refusals(self) -> Iterator[Plea]:
        """ "I don't want to talk to a bot" """
        for match in self.found["refusal"]:
            yield Plea(match.begin, match.end, match.begin, 0.9, "refuses the bot")
        if not self.spans["bot"]:
            return
        for match in self.blockers["negation"]:
            for at in self._same_clause(match.end, _REACH):
                if at in self.spans["bot"]:
                    yield Plea(match.begin, at + 1, at, 0.9, "refuses the bot")
                if at not in self.filler and not self._inside("action", at):
                    break

    def _blocked(self, plea: Plea) -> bool:
        inside = (m for m in self.blockers["identity"] if m.begin <= plea.target < m.end)
        others = (*self.blockers["negation"], *self.blockers["reported"])
        before = (m for m in others if self._reaches(m, plea))
        found = next(inside, None) or next(before, None)
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
        return negation.end <= plea.begin and len(between) <= _NEAR and set(between) <= self.filler

    def _is_person(self, key: str, at: int) -> bool:
        end = self.spans[key].get(at)
        return end is not None and at not in self.owned and end not in self.spans["follow"]

    def _finished(self, at: int) -> bool:
        if at >= len(self.text) or self.text.clauses[at] != self.text.clauses[at - 1]:
            return True
        return at in self.spans["tail"]

    def _fills_clause(self, match: Match) -> bool:
        clause = self.text.clauses[match.begin]
        whole = {i for i, c in enumerate(self.text.clauses) if c == clause}
        return whole <= set(range(match.begin, match.end)) | self.filler

    def _same_clause(self, begin: int, count: int) -> range:
        end = begin
        while (
            end < min(len(self.text), begin + count)
            and self.text.clauses[end] == self.text.clauses[begin - 1]
        ):
            end += 1
        return range(begin, end)

    def _inside(self, key: str, at: int) -> bool:
        return any(begin <= at < end for begin, end in self.spans[key].items())

    def _covered(self, key: str) -> set[int]:
        spans: Spans = self.spans if key in self.spans else {}
        return {i for begin, end in spans.get(key, {}).items() for i in range(begin, end)}
