"""What a customer answers when asked for a number from 1 (bad) to 5 (very good)."""

from __future__ import annotations

import re
import unicodedata

from connector.domain.handoff.normalise import fold

LOWEST, HIGHEST = 1, 5
_NUMBERS = (
    "one uno una un une ein eins eine um uma",
    "two dos deux zwei dois duas due",
    "three tres trois drei tre",
    "four cuatro quatre vier quatro quattro",
    "five cinco cinq funf fuenf cinque",
)
_BY_WORD = {
    word: number for number, words in enumerate(_NUMBERS, 1) for word in words.split()
}  # fmt: skip
_STARS = frozenset("⭐🌟★")
# What may stand around the number; all else makes it an ordinary message.
_AROUND = frozenset(
    "star stars point points estrella estrellas punto puntos etoile etoiles stern sterne punkt "
    "punkte estrela estrelas ponto pontos stella stelle punti a an the i give you of out "
    "thanks thank gracias merci danke obrigado obrigada grazie please".split()
)
_OUT_OF = re.compile(r"(?<=\d)\s*(?:/|out of|of|de|sur|von|su)\s*5\b")
_TOKEN = re.compile(r"[^\W_]+")


def score_of(text: str) -> int | None:
    """The number that the message says, whatever it is; None if it is no answer to the question.

    "5", "5!", "five", "5/5", "5 stars", "⭐⭐⭐" are answers, and so is "7", which is not from 1 to 5.
    """
    bare = "".join(c for c in text if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    if re.search(r"\d\s*[.,:-]\s*\d|[-+]\s*\d", bare) or "?" in bare:
        return None  # 4.5, 3-4, a time, an order number with dashes
    folded = _OUT_OF.sub(" ", fold(bare))
    words = [w for w in _TOKEN.findall(folded) if w not in _AROUND]
    if not words:
        stars = sum(c in _STARS for c in bare)
        return stars or None
    if len(words) != 1:
        return None
    word = words[0]
    if word.isdecimal():
        return int(word) if len(word) <= 2 else None
    return _BY_WORD.get(word)


def is_valid(score: int) -> bool:
    return LOWEST <= score <= HIGHEST
