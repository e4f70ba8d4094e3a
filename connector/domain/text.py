"""Cutting texts to a length without breaking a word, or a character that is made of several."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_BREAK = re.compile(r"\s+")
# A boundary between characters is looked for from here: what a reader sees as one is shorter.
_WINDOW = 100
_FLAGS = "".join(map(chr, range(0x1F1E6, 0x1F200)))


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
    most = text[:limit]
    over = len(most.encode("utf-16-le", "surrogatepass")) // 2 - limit
    while over > 0:
        # Each that goes takes one unit or two with it: never more than are over, but the last.
        gone = most[-max(over // 2, 1) :]
        most = most[: -len(gone)]
        over -= len(gone) + sum(c > "\uffff" for c in gone)
    return max(len(most), 1)


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
    """The last place at or before `limit` that is not within what a reader sees as one character.

    Whoever writes a longer one than fits gets it cut.
    """
    if text[limit - 1 : limit + 1].isascii():
        return limit
    start = max(limit - _WINDOW, 0)
    if start and text[start] in _FLAGS:
        # Two letters make a flag, counted from the first of them.
        start -= (len(text[:start]) - len(text[:start].rstrip(_FLAGS))) % 2
    *_, last = _characters().finditer(text[start : limit + 1])
    return start + int(last.start()) if last.start() else limit


@cache
def _characters() -> Any:
    """Unicode's extended grapheme clusters; loaded for the few texts that need them."""
    import regex

    return regex.compile(r"\X")
