"""Texts -> comparable words, and how much two texts have in common."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_WORD = re.compile(r"[a-z0-9]+")
_STOP = frozenset(
    "a an and any are as at be been but by can could d did do does for from get got "
    "had has have he hello hey hi how i if im in is it its just like ll m me my no "
    "not of on or our out please s she so t tell that the their them then there they "
    "this to too up us ve want was we were what when where which who why will with "
    "would yes you your last next since today yesterday tomorrow week monday tuesday "
    "wednesday thursday friday saturday sunday about know need thanks thank okay ok well much many".split()
)
# Words that mean the same in a shop's articles: left to right.
_SAME = {
    "parcel": "deliver", "package": "deliver", "shipping": "deliver", "shipment": "deliver",
    "ship": "deliver", "delivery": "deliver", "arrive": "deliver",
    "order": "order", "purchase": "order", "refund": "refund",
    "money": "refund", "return": "return", "send": "return", "exchange": "return",
    "track": "track", "pay": "payment", "card": "payment", "price": "payment", "cost": "payment",
    "size": "size", "fit": "size", "broken": "warranty", "broke": "warranty",
    "damage": "warranty", "damaged": "warranty", "defect": "warranty", "repair": "warranty",
    "guarantee": "warranty",
    "password": "password", "login": "password", "account": "account", "open": "hour",
    "store": "store", "shop": "store", "cancel": "cancel", "change": "change", "abroad": "abroad",
    "international": "abroad", "country": "abroad", "overseas": "abroad", "europe": "abroad",
}  # fmt: skip


def words(text: str) -> list[str]:
    """Lower case, without accents, endings and small words."""
    flat = unicodedata.normalize("NFKD", text.lower())
    flat = "".join(c for c in flat if not unicodedata.combining(c)).replace("'", "")
    return [_same(_stem(w)) for w in _WORD.findall(flat) if w not in _STOP]


def _stem(word: str) -> str:
    """Without its ending, so that "takes", "take" and "taking" are one word."""
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("ses", "xes", "zes", "ches", "shes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word.removesuffix("e")


def every(text: str) -> list[str]:
    """All words, the small ones too: what a heading and a question share."""
    flat = text.lower().replace("'", "")
    return [_same(_stem(w)) for w in _WORD.findall(flat)]


def _same(word: str) -> str:
    return _STEMMED.get(word, word)


_STEMMED = {_stem(word): _stem(meaning) for word, meaning in _SAME.items()}


class Weights:
    """How telling a word is among these texts: rare ones tell more."""

    def __init__(self, texts: Iterable[str]) -> None:
        counted = [set(words(t)) for t in texts]
        self._total = len(counted)
        self._found = Counter(w for each in counted for w in each)

    @property
    def most(self) -> float:
        """The weight of a word that a single text has."""
        return math.log(1 + self._total)

    def of(self, word: str) -> float:
        seen = self._found.get(word, 0)
        return math.log(1 + self._total / seen) if seen else 0.0

    def common(self, asked: Counter[str], text: str) -> float:
        """Weight of the asked words that the text holds."""
        held = set(words(text))
        return sum(self.of(w) * min(n, 2) for w, n in asked.items() if w in held)
