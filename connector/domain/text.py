"""Cutting texts to a length without breaking a word, or a character that is made of several."""

from __future__ import annotations

import re
import unicodedata

_JOINS = {"\u200d", "\ufe0f", "\ufe0e", "\u20e3"}  # joiner, emoji/text style, keycap
_BREAK = re.compile(r"\s+")
# They go with what is before: Thai and Lao AM, voiced marks, the letters that name a flag's region.
_TRAILS = re.compile("[\u0e33\u0eb3\uff9e\uff9f\u200c\U000e0020-\U000e007f]")
_LEADING, _VOWEL, _TRAILING = (
    re.compile(f"[{each}]")
    for each in (
        "\u1100-\u115f\ua960-\ua97c",
        "\u1160-\u11a7\ud7b0-\ud7c6",
        "\u11a8-\u11ff\ud7cb-\ud7fb",
    )
)
_LINKS = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d")  # a virama joins two consonants


def split_text(text: str, limit: int) -> tuple[str, ...]:
    """The text in pieces of at most `limit` characters, cut at white space where there is any.

    A character outside the basic plane (an emoji) counts twice: there are providers that count so.
    """
    rest = text.strip()
    pieces: list[str] = []
    while (most := _fitting(rest, limit)) < len(rest):
        cut = _last_break(rest, most) or _last_boundary(rest, most)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    if rest:
        pieces.append(rest)
    return tuple(pieces)


def _fitting(text: str, limit: int) -> int:
    """How many characters from the beginning take up at most `limit` units of UTF-16."""
    if len(text) * 2 <= limit:
        return len(text)
    units = 0
    for at, character in enumerate(text[: limit + 1]):
        units += 2 if character > "\uffff" else 1
        if units > limit:
            return max(at, 1)
    return len(text)


def shorten(text: str, limit: int) -> str:
    """One line of at most `limit` characters, with an ellipsis where something is missing."""
    line = _BREAK.sub(" ", text).strip()
    if len(line) <= limit:
        return line
    cut = _last_break(line, limit - 1) or _last_boundary(line, limit - 1)
    return line[:cut].rstrip() + "…"


def _last_break(text: str, limit: int) -> int | None:
    """The end of the last white space that begins at or before `limit`, not in the first half."""
    for at in range(limit, limit // 2, -1):
        if text[at].isspace():
            return at
    return None


def _last_boundary(text: str, limit: int) -> int:
    """Before a combining mark, a joined emoji, a skin tone or half a flag there is no boundary."""
    for at in range(limit, max(limit - 40, 0), -1):
        if not _continues(text, at):
            return at
    return limit


def _continues(text: str, at: int) -> bool:
    here, before = text[at], text[at - 1]
    if here in _JOINS or before == "\u200d" or unicodedata.combining(here):
        return True
    if _TRAILS.match(here) or _of_one_syllable(before, here):
        return True
    if unicodedata.category(here) in ("Mn", "Me", "Mc") or "\U0001f3fb" <= here <= "\U0001f3ff":
        return True
    if not _is_flag(here):
        return False
    start = at
    while start > 0 and _is_flag(text[start - 1]):
        start -= 1
    return (at - start) % 2 == 1


def _of_one_syllable(before: str, here: str) -> bool:
    """Hangul written in its letters, or two consonants of an Indian script that are joined."""
    if _VOWEL.match(here):
        return bool(
            _LEADING.match(before) or _VOWEL.match(before) or "\uac00" <= before <= "\ud7a3"
        )
    if _TRAILING.match(here):
        return bool(
            _VOWEL.match(before) or _TRAILING.match(before) or "\uac00" <= before <= "\ud7a3"
        )
    if _LEADING.match(here):
        return bool(_LEADING.match(before))
    return before in _LINKS and unicodedata.category(here) == "Lo"


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
