"""The ways to ask for a person: how the parts of a request stand together in one text.

The parts are the lists of config/phrases/. Each rule below is one way to put them together, says so
in its docstring, and gives its reason to the evidence. What takes a request back is not looked at
here: explicit_request.py does that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from connector.domain.handoff.normalise import Words
from connector.domain.handoff.patterns import Match, Spans
from connector.domain.handoff.phrases import Language
from connector.domain.handoff.scan import Found

_REACH = 7  # words between an action and its target
_STRANGE = 2  # of them, words that are in no list
_BARE = 6  # words of a message that is little but a target
_FAR = 6  # words between a person and what they should do, where the clause asks for it


@dataclass(frozen=True)
class Plea:
    begin: int
    end: int
    target: int
    score: float
    why: str


class Parts:
    """One text under one language's lists."""

    def __init__(self, text: Words, language: Language) -> None:
        self.text = text
        self.language = language
        self.spans = language.requests.spans(text)
        self.filler = self.covered("filler")
        self.owned = set(self.spans["owner"].values())

    @cached_property
    def found(self) -> Found:
        """The phrases of the lists that are looked for by themselves."""
        return self.language.requests.find(self.text, self.spans)

    def pleas(self) -> Iterator[Plea]:
        """Every request that the text may be, the surest first."""
        for begin, end in self.spans["action"].items():
            yield from self._forward(begin, end)
        for key in ("target", "trade", "somebody"):
            for begin, end in self.spans[key].items():
                yield from self._backward(begin, end)
        for match in self.found["request"]:
            if match.pattern.parts[-1] == "<sure>" and match.end in self.spans["follow"]:
                continue  # "from a human sounding scammer"
            yield Plea(match.begin, match.end, match.begin, 0.9, match.pattern.text)
        for match in self.found["bare"]:
            if self._says_all(match):
                yield Plea(match.begin, match.end, match.begin, 0.9, match.pattern.text)
        for match in self.found["want"]:
            yield from self._wanted(match)
        yield from self._bare()
        yield from self._asked()

    def _forward(self, begin: int, end: int) -> Iterator[Plea]:
        """ "connect me to a live agent": an action reaches a person"""
        strange = 0
        for at in self.same_clause(end, _REACH):
            if any(self._is_person(key, at) for key in ("target", "trade", "somebody")):
                yield Plea(begin, at + 1, at, 0.95, "asks to reach a person")
                return
            strange += at not in self.filler
            if strange > _STRANGE or at in self.spans["thing"]:
                return

    def _backward(self, begin: int, end: int) -> Iterator[Plea]:
        """ "mit einem Menschen sprechen": a person is reached by an action behind them"""
        if begin in self.owned:
            return
        for at in self.same_clause(end, _REACH):
            if at in self.spans["after"]:
                yield Plea(begin, self.spans["after"][at], begin, 0.9, "names a person to reach")
                return
            if at not in self.filler:
                return

    def _wanted(self, match: Match) -> Iterator[Plea]:
        """ "I want a person", but not "I want a person limit" """
        for at in self.same_clause(match.end, _REACH):
            if self._is_person("target", at):
                if self._finished(self.spans["target"][at]):
                    yield Plea(match.begin, at + 1, at, 0.85, "wants a person")
                return
            if at not in self.filler:
                return

    def _bare(self) -> Iterator[Plea]:
        """ "human please": little else is said, or in the last clause ("not helpful. agent.")"""
        targets = self.covered("target")
        if not targets:
            return
        for begin in {0, self._last_clause()}:
            end = len(self.text)
            here = [i for i in range(begin, end) if i in targets]
            if not here or end - begin > _BARE or here[0] in self.owned:
                continue
            rest = set(range(begin, end)) - targets - self.filler
            if rest <= self.covered("somebody"):
                yield Plea(begin, end, here[0], 0.85, "names a person and nothing else")

    def _last_clause(self) -> int:
        """Where it begins; thanks and the like may follow."""
        says = [i for i in range(len(self.text)) if i not in self.filler] or [0]
        return self.text.clauses.index(self.text.clauses[says[-1]])

    def _asked(self) -> Iterator[Plea]:
        """A clause that asks, and a person in it: before or behind, whatever stands between.

        One who can only be ours is enough ("can you loop in a human"); of others it must be said
        what they are wanted for ("could a nurse please ring my mother").
        """
        for key in ("sure", "target", "trade", "somebody") if self.spans["ask"] else ():
            for begin, end in self.spans[key].items():
                asks = [a for a in self.spans["ask"] if self._together(a, begin)]
                asks = [a for a in asks if not begin <= a < end]
                if not asks or not self._is_person(key, begin):
                    continue
                first = min(*asks, begin)
                whole = self._finished(end) or end + 1 in self.spans["ours"]
                before = [a for a in asks if a < begin]
                if key == "sure" and before and begin - before[-1] <= _REACH and whole:
                    yield Plea(first, end, begin, 0.7, "asks, and names a person")
                for at in self._wanted_for("calls" if key == "somebody" else "does", begin, end):
                    why = "asks that a person does something"
                    yield Plea(min(first, at), max(end, at + 1), begin, 0.7, why)

    def _wanted_for(self, key: str, begin: int, end: int) -> Iterator[int]:
        """Where it stands near a person what they should do."""
        for at in self.spans[key]:
            between = range(end, at) if at >= end else range(at + 1, begin)
            near = self._together(at, begin) and len(between) <= _FAR
            if near and not any(i in self.spans["thing"] for i in between):
                yield at

    def refusals(self) -> Iterator[Plea]:
        """ "enough of this robot": the bot itself is refused"""
        for match in self.found["refusal"]:
            yield Plea(match.begin, match.end, match.begin, 0.9, "refuses the bot")
        for begin, end in self.spans["refuse"].items() if self.spans["bot"] else ():
            yield from self.refused(begin, end)

    def refused(self, begin: int, end: int) -> Iterator[Plea]:
        """A bot behind words that end here, over such as carry little."""
        for at in self.same_clause(end, _REACH):
            if at in self.spans["bot"]:
                if self.spans["bot"][at] not in self.spans["follow"]:
                    yield Plea(begin, at + 1, at, 0.9, "refuses the bot")
                return
            if at not in self.filler and not self._inside("action", at):
                return

    def covered(self, key: str) -> set[int]:
        spans: Spans = self.spans
        return {i for begin, end in spans.get(key, {}).items() for i in range(begin, end)}

    def same_clause(self, begin: int, count: int) -> range:
        end = begin
        while (
            end < min(len(self.text), begin + count)
            and self.text.clauses[end] == self.text.clauses[begin - 1]
        ):
            end += 1
        return range(begin, end)

    def _together(self, one: int, other: int) -> bool:
        return self.text.clauses[one] == self.text.clauses[other]

    def _is_person(self, key: str, at: int) -> bool:
        end = self.spans[key].get(at)
        return end is not None and at not in self.owned and end not in self.spans["follow"]

    def _finished(self, at: int) -> bool:
        if at >= len(self.text) or self.text.clauses[at] != self.text.clauses[at - 1]:
            return True
        return at in self.spans["tail"]

    def _says_all(self, match: Match) -> bool:
        """The text is little else; or its clause is, and it is the last or says so beyond doubt."""
        clause = self.text.clauses[match.begin]
        whole = {i for i, c in enumerate(self.text.clauses) if c == clause}
        said = set(range(match.begin, match.end)) | self.filler
        sure = not whole.isdisjoint(self.covered("sure") | self.covered("ask"))
        last = clause == self.text.clauses[-1]
        return whole <= said and (last or sure or set(range(len(self.text))) <= said)

    def _inside(self, key: str, at: int) -> bool:
        return any(begin <= at < end for begin, end in self.spans[key].items())
