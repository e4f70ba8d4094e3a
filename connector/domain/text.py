"""Cutting texts to a length without breaking a word, or a character that is made of several."""

from __future__ import annotations

import re
import unicodedata

_JOINS = {"\u200d", "\ufe0f", "\ufe0e", "\u20e3"}  # joiner, emoji/text style, keycap
_BREAK = re.compile(r"\s+")


def split_text(text: str, limit: int) -> tuple[str, ...]:
    """The text in pieces of at most `limit` characters, cut at white space where there is any."""
    rest = text.strip()
    pieces: list[str] = []
    while len(rest) > limit:
        cut = _last_break(rest, limit) or _last_boundary(rest, limit)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    if rest:
        pieces.append(rest)
    return tuple(pieces)


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
    if unicodedata.category(here) in ("Mn", "Me", "Mc") or "\U0001f3fb" <= here <= "\U0001f3ff":
        return True
    if not _is_flag(here):
        return False
    start = at
    while start > 0 and _is_flag(text[start - 1]):
        start -= 1
    return (at - start) % 2 == 1


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
