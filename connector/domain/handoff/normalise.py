"""Text as people type it -> words to compare: folded, bounded, in clauses.

Everything here takes time in proportion to LIMIT, whatever the customer sends.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LIMIT = 1200  # characters considered of one text
WORD_LIMIT = 40  # longer "words" are noise: hashes, keys, keyboard mashing

_INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF, 0xAD]
)
_APOSTROPHES = str.maketrans("", "", "'’‘`´ʼ′")
_ELISION = re.compile(r"\b(c|d|j|l|m|n|s|t|qu|un|all|dell|nell|dall|sull)['’‘`´ʼ′](?=\w)", re.I)
_WORD = re.compile(r"[^\W_]+|[.!?;,:\n…¿¡()]")
# Three of a letter are one, unless they are the whole word ("BBB").
_SQUEEZED = re.compile(r"(?<=\w)([^\W\d])\1{2,}|([^\W\d])\2{2,}(?=\w)")
# A comma before one of these parts nothing: "I want, that ..." is how some languages write it.
_GOES_ON = frozenset(
    "dass damit mit unter bei der die wer wem welche que qui quien che cui who whom that with".split()
)
_UNDRAWN = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "ı": "i", "đ": "d"})


@dataclass(frozen=True)
class Words:
    """The words of a text, and for each the clause that it stands in."""

    words: tuple[str, ...]
    clauses: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.words)


def considered(text: str) -> str:
    """At most LIMIT characters: a plea in a long text stands at its beginning or at its end."""
    if len(text) <= LIMIT:
        return text
    return f"{text[: LIMIT * 2 // 3]}\n{text[-(LIMIT // 3 - 1) :]}"


def fold(text: str) -> str:
    """Case, accents, widths, invisible characters and apostrophes gone."""
    text = _ELISION.sub(r"\1 ", text)  # French and Italian: "d'aide" is two words
    if text.isascii():
        return text.lower().translate(_APOSTROPHES)
    text = unicodedata.normalize("NFKC", text[: LIMIT * 2]).translate(_INVISIBLE)
    text = text[: LIMIT * 2].translate(_APOSTROPHES).casefold().translate(_UNDRAWN)
    apart = unicodedata.normalize("NFD", text)
    return "".join(c for c in apart if not unicodedata.combining(c))


@lru_cache(maxsize=256)
def words(text: str) -> Words:
    """Folded words, letters drawn out ("pleeease") squeezed, in clauses."""
    folded = fold(considered(text))
    found: list[str] = []
    clauses: list[int] = []
    clause, comma = 0, False
    for part in _WORD.findall(_SQUEEZED.sub(r"\1\2", folded)):
        if part == ",":
            comma = True
            continue
        clause += not part.isalnum() or (comma and part not in _GOES_ON)
        comma = False
        if part.isalnum() and len(part) <= WORD_LIMIT:
            found.append(part)
            clauses.append(clause)
    return Words(tuple(found), tuple(clauses))
