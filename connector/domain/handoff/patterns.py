"""Phrases compiled to something that can be looked up word by word.

    talk|speak to [a] person    alternatives, optional words
    report * police             `*` stands for up to three words of the same clause
    is there <target>           a phrase of the list called `target`
    speak to the ~              `~` stands for one word that is neither `private` nor a `thing`
    call me $                   `$` stands for the end of the clause

Matching does no backtracking beyond those three words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property

from connector.domain.handoff.normalise import Words, fold

GAP = 3
_OPTIONALS = 8  # each doubles the ways to look at a place that fits so far
_ONE_OF = r"(?:[^\W_]+(?:\|[^\W_]+)*|<[a-z]+>)"
_CERTAIN = re.compile(
    rf"{_ONE_OF}(?: (?:{_ONE_OF}|\[{_ONE_OF}\]))*(?: = -?\d+(?:\.\d+)?)?"
)  # right
_NO_WORDS = re.compile(r"<\w+>|=[^\n]*")
_WORDS = re.compile(r"[^\W_]+")

Spans = Mapping[str, Mapping[int, int]]  # list -> where a phrase of it begins -> where it ends


class PhraseError(ValueError):
    """A phrase that can't be compiled."""


Part = frozenset[str] | str  # words | "*" | "~" | "<list>"


@dataclass(slots=True)
class Pattern:
    parts: tuple[Part, ...]
    optional: tuple[bool, ...]  # which of them may be missing; never the first
    weight: float
    text: str
    then: frozenset[str] | None = None  # what the second word must be: most attempts fail there

    def rarest(self, common: Sequence[Set[str]], known: Set[str]) -> frozenset[str]:
        """Words of which a text must have one to match; none if a list in `known` says as much."""
        must = [part for part, may in zip(self.parts, self.optional, strict=True) if not may]
        if any(isinstance(part, str) and part.startswith("<") for part in must):
            return frozenset()
        sets = [part for part in must if not isinstance(part, str)]
        if any(part <= known for part in sets):
            return frozenset()
        return min(sets, key=lambda part: (*(len(part & words) for words in common), len(part)))


@dataclass(frozen=True)
class Match:
    begin: int
    end: int
    pattern: Pattern

    def words(self, text: Words) -> str:
        return " ".join(text.words[self.begin : self.end])


class Lexicon:
    """A list of phrases, found in a text in one pass over its words.

    They are checked at once and compiled when first looked for: of six languages most is never
    needed, and start-up should take no time.
    """

    def __init__(self, phrases: Iterable[str] = ()) -> None:
        self._phrases = tuple(phrases)
        for phrase in self._phrases:
            if (
                not (phrase.isalpha() or _CERTAIN.fullmatch(phrase))
                or phrase.count("[") > _OPTIONALS
            ):
                compile_phrase(phrase)  # raises if it is wrong

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        return tuple(p for phrase in self._phrases for p in compile_phrase(phrase))

    @cached_property
    def by_word(self) -> Mapping[str, list[Pattern]]:
        """Those that begin with each word."""
        found: dict[str, list[Pattern]] = {}
        for pattern in self.patterns:
            first = pattern.parts[0]
            for word in () if isinstance(first, str) else first:
                found.setdefault(word, []).append(pattern)
        return found

    @cached_property
    def by_list(self) -> Sequence[Pattern]:
        """Those that begin with a phrase of another list."""
        return [pattern for pattern in self.patterns if isinstance(pattern.parts[0], str)]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word of the phrases."""
        text = _NO_WORDS.sub(" ", "\n".join(self._phrases))
        if not text.isascii() or "'" in text:
            text = "\n".join(fold(line) for line in text.split("\n"))
        return frozenset(_WORDS.findall(text.lower()))

    def find(self, text: Words, spans: Spans | None = None) -> Iterator[Match]:
        """Every phrase that occurs, in the order of the text."""
        spans = spans or {}
        by_word, by_list = self.by_word, self.by_list
        for begin, word in enumerate(text.words):
            then = text.words[begin + 1] if begin + 1 < len(text.words) else ""
            for pattern in (*by_word.get(word, ()), *by_list):
                if pattern.then is not None and then not in pattern.then:
                    continue
                end = end_of(pattern, text, begin, spans)
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


def end_of(pattern: Pattern, text: Words, begin: int, spans: Spans) -> int | None:
    """Where the pattern ends if it stands at `begin`."""
    return _end(pattern, 0, text, begin, text.clauses[begin], spans)


def _end(
    pattern: Pattern, part: int, text: Words, at: int, clause: int, spans: Spans
) -> int | None:
    """Where the pattern from its part on, laid on the text from `at` on, ends."""
    while part < len(pattern.parts):
        if pattern.optional[part]:
            skipped = _end(pattern, part + 1, text, at, clause, spans)
            taken = _step(pattern.parts[part], text, at, clause, spans)
            if taken is None:
                return skipped
            longer = _end(pattern, part + 1, text, taken, clause, spans)
            return skipped if longer is None else longer
        if pattern.parts[part] == "*":
            return _after_gap(pattern, part + 1, text, at, clause, spans)
        after = _step(pattern.parts[part], text, at, clause, spans)
        if after is None:
            return None
        at, part = after, part + 1
    return at


def _step(wanted: Part, text: Words, at: int, clause: int, spans: Spans) -> int | None:
    """Where one part ends that begins at `at`."""
    if at >= len(text) or text.clauses[at] != clause:
        return at if wanted == "$" else None
    if not isinstance(wanted, str):
        return at + 1 if text.words[at] in wanted else None
    if wanted == "~":
        things = spans.get("thing", {})
        known = at in spans.get("private", {}) or at in things or at + 1 in things
        return None if known or text.words[at].isnumeric() else at + 1
    return spans.get(wanted[1:-1], {}).get(at)


def _after_gap(
    pattern: Pattern, part: int, text: Words, at: int, clause: int, spans: Spans
) -> int | None:
    for start in range(at, min(at + GAP + 1, len(text))):
        end = _end(pattern, part, text, start, clause, spans)
        if end is not None:
            return end
    return None


def compile_phrase(phrase: str) -> list[Pattern]:
    """One line of a list; several if it begins with an optional word. Raise PhraseError."""
    if phrase.isascii() and phrase.isalpha() and phrase.islower():  # most are
        return [Pattern((_part(phrase),), (False,), 1.0, phrase)]
    body, equals, number = phrase.partition("=")
    try:
        weight = float(number) if equals else 1.0
    except ValueError:
        raise PhraseError(f"{number.strip()!r} is not a number") from None
    tokens = body.split()
    optional = tuple(token.startswith("[") for token in tokens)
    if sum(optional) > _OPTIONALS:
        raise PhraseError(f"more than {_OPTIONALS} optional words")
    parts = tuple(_part(token.strip("[]")) for token in tokens)
    if all(optional) or parts[0] in ("*", "~", "$") or parts[-1] == "*":
        raise PhraseError("a phrase begins and ends with a word")
    if body.count("*") > 2:
        raise PhraseError("more than two * in one phrase")
    leading = optional.index(False) + 1  # each of the optional words at the head may be the first
    text = body.strip()
    return [
        Pattern(
            parts[i:], (False, *optional[i + 1 :]), weight, text, _second(parts[i:], optional[i:])
        )
        for i in range(leading)
    ]


def _second(parts: Sequence[Part], optional: Sequence[bool]) -> frozenset[str] | None:
    """What can stand behind the first word, if that can be told."""
    found: frozenset[str] = frozenset()
    for part, may in zip(parts[1:], optional[1:], strict=True):
        if isinstance(part, str):
            return None
        found |= part
        if not may:
            return found
    return None


@cache
def _part(written: str) -> Part:
    if written in ("*", "~", "$") or (written.startswith("<") and written.endswith(">")):
        return written
    if written.isascii() and written.isalpha() and written.islower():
        return frozenset((written,))
    alternatives = frozenset(fold(word) for word in written.split("|"))
    if not all(word.isalnum() for word in alternatives):
        raise PhraseError(f"{written!r} is not made of words")
    return alternatives
