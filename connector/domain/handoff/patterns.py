"""Phrases compiled to something that can be looked up word by word.

    talk|speak to [a] person    alternatives, optional words
    report * police             `*` stands for up to three words of the same clause
    is there <target>           a word of the list called `target`

Matching does no backtracking beyond those three words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from connector.domain.handoff.normalise import Words, fold

GAP = 3
_OPTIONALS = 5  # more than this in one phrase would compile to too many

Spans = Mapping[str, Mapping[int, int]]  # list -> where a phrase of it begins -> where it ends


class PhraseError(ValueError):
    """A phrase that can't be compiled."""


@dataclass(slots=True)
class Pattern:
    parts: tuple[frozenset[str] | str, ...]  # words | "*" | "<list>"
    weight: float
    text: str
    then: frozenset[str] | None = None  # what the second word must be: most attempts fail there


@dataclass(frozen=True)
class Match:
    begin: int
    end: int
    pattern: Pattern

    def words(self, text: Words) -> str:
        return " ".join(text.words[self.begin : self.end])


class Lexicon:
    """A list of phrases, found in a text in one pass over its words."""

    def __init__(self, phrases: Iterable[str] = ()) -> None:
        self.by_word: dict[str, list[Pattern]] = {}
        self.by_list: list[Pattern] = []
        self.vocabulary: set[str] = set()
        for phrase in phrases:
            for pattern in compile_phrase(phrase):
                self._add(pattern)

    def _add(self, pattern: Pattern) -> None:
        first = pattern.parts[0]
        if isinstance(first, str):
            self.by_list.append(pattern)
        else:
            for word in first:
                self.by_word.setdefault(word, []).append(pattern)
        for part in pattern.parts:
            if not isinstance(part, str):
                self.vocabulary |= part

    def find(self, text: Words, spans: Spans | None = None) -> Iterator[Match]:
        """Every phrase that occurs, in the order of the text."""
        spans = spans or {}
        for begin, word in enumerate(text.words):
            then = text.words[begin + 1] if begin + 1 < len(text.words) else ""
            for pattern in (*self.by_word.get(word, ()), *self.by_list):
                if pattern.then is not None and then not in pattern.then:
                    continue
                end = _end(pattern.parts, 0, text, begin, text.clauses[begin], spans)
                if end is not None:
                    yield Match(begin, end, pattern)

    def spans(self, text: Words) -> dict[int, int]:
        """Where phrases begin -> where the longest of them ends."""
        found: dict[int, int] = {}
        for match in self.find(text):
            found[match.begin] = max(match.end, found.get(match.begin, 0))
        return found

    def first(self, text: Words, spans: Spans | None = None) -> Match | None:
        return next(self.find(text, spans), None)


def _end(
    parts: Sequence[frozenset[str] | str],
    part: int,
    text: Words,
    at: int,
    clause: int,
    spans: Spans,
) -> int | None:
    while part < len(parts):
        if at >= len(text) or text.clauses[at] != clause:
            return None
        wanted = parts[part]
        if wanted == "*":
            return _after_gap(parts, part + 1, text, at, clause, spans)
        if isinstance(wanted, str):
            end = spans.get(wanted[1:-1], {}).get(at)
            if end is None:
                return None
            at = end
        elif text.words[at] in wanted:
            at += 1
        else:
            return None
        part += 1
    return at


def _after_gap(
    parts: Sequence[frozenset[str] | str],
    part: int,
    text: Words,
    at: int,
    clause: int,
    spans: Spans,
) -> int | None:
    for start in range(at, min(at + GAP + 1, len(text))):
        end = _end(parts, part, text, start, clause, spans)
        if end is not None:
            return end
    return None


def compile_phrase(phrase: str) -> list[Pattern]:
    """All ways to read one line of a list. Raise PhraseError if it makes no sense."""
    body, equals, number = phrase.partition("=")
    try:
        weight = float(number) if equals else 1.0
    except ValueError:
        raise PhraseError(f"{number.strip()!r} is not a number") from None
    tokens = body.split()
    if "[" not in body and "*" not in body and tokens:  # as most are
        parts = tuple(map(_part, tokens))
        return [Pattern(parts, weight, body.strip(), _second(parts))]
    readings: list[tuple[frozenset[str] | str, ...]] = [()]
    if sum(t.startswith("[") for t in tokens) > _OPTIONALS:
        raise PhraseError(f"more than {_OPTIONALS} optional words")
    for token in tokens:
        part = _part(token.strip("[]"))
        longer = [(*r, part) for r in readings]
        readings = readings + longer if token.startswith("[") else longer
    kept = [r for r in readings if r]
    if not kept or any(r[0] == "*" or r[-1] == "*" for r in kept):
        raise PhraseError("a phrase begins and ends with a word")
    if body.count("*") > 2:
        raise PhraseError("more than two * in one phrase")
    return [Pattern(r, weight, body.strip(), _second(r)) for r in kept]


def _second(parts: Sequence[frozenset[str] | str]) -> frozenset[str] | None:
    if len(parts) < 2 or isinstance(parts[0], str) or isinstance(parts[1], str):
        return None
    return parts[1]


@cache
def _part(written: str) -> frozenset[str] | str:
    if written == "*" or (written.startswith("<") and written.endswith(">")):
        return written
    if written.isascii() and written.isalpha() and written.islower():
        return frozenset((written,))
    alternatives = frozenset(fold(word) for word in written.split("|"))
    if not all(word.isalnum() for word in alternatives):
        raise PhraseError(f"{written!r} is not made of words")
    return alternatives
