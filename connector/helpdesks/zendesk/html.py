"""A comment's HTML -> plain text that reads well on a phone.

Paragraphs, lists with dashes and numbers, "> " before what is quoted, "a | b" for a table's row, a link
as "text (address)", an image by its description. Never a tag, never a star.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from html import unescape
from html.parser import HTMLParser
from typing import Any

import nh3

# Zendesk cuts a comment at 64 kB; what is longer or nests deeper is a bomb, not a comment.
MAX_HTML = 256 * 1024
MAX_DEPTH = 200  # nh3's time grows with the square of the depth: 100,000 divs took 20 s
_BLOCKS = frozenset(
    {"p", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "table", "ul", "ol"}
)
_LINES = frozenset({"div", "li", "tr", "dt", "dd", "section", "article", "header", "footer"})
_ROWS = frozenset({"tr", "table"})
_TAGS = set(_BLOCKS | _LINES | {"a", "br", "img", "td", "th"})
_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0]+")
_INVISIBLE = str.maketrans("", "", "\u200b\ufeff\u00ad")
_TAG = re.compile(r"<[^<>]*>")
_NAME = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_VOID = frozenset({"br", "img", "hr", "wbr", "input"})
_DEEPEST = 4  # levels of a list that are still indented


def plain_text(comment: Mapping[str, Any]) -> str:
    """What the agent wrote, from the richest form that the comment has."""
    html = comment.get("html_body")
    if isinstance(html, str) and html.strip():
        return from_html(html)
    body = comment.get("plain_body") or comment.get("body")
    return _tidy(body) if isinstance(body, str) else ""


def from_html(html: str) -> str:
    """Bounded in time, whatever it is."""
    html = html[:MAX_HTML]
    if _is_bomb(html):
        return _tidy(_SPACES.sub(" ", unescape(_TAG.sub(" ", html))))
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "img": {"alt"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )
    walk = _Walk()
    walk.feed(clean)
    walk.close()
    return _tidy("".join(walk.parts))


def _is_bomb(html: str) -> bool:
    """Does it nest deeper than any comment does?"""
    opened: Counter[str] = Counter()
    depth = 0
    for closing, tag in _NAME.findall(html):
        name = tag.lower()
        # A closing tag without its opening one makes nothing shallower.
        step = 0 if name in _VOID else 1 if not closing else -1 if opened[name] else 0
        opened[name] += step
        depth += step
        if depth > MAX_DEPTH:
            return True
    return False


def _tidy(text: str) -> str:
    text = text.translate(_INVISIBLE).replace("\u00a0", " ").replace("\r\n", "\n")
    # Line by line: a pattern for blanks before a newline takes square time on a run of blanks.
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


class _Walk(HTMLParser):
    """Reads tags as they come and keeps no tree, so that depth costs nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._gap = 0  # newlines owed before the next word
        self._space = False  # a space owed before the next word
        self._lists: list[int | None] = []  # per open list: the next number, or None for dashes
        self._links: list[tuple[str, int]] = []  # address, and where its text begins
        self._pre = 0
        self._item_begun = False  # an item or a cell: its first words stand beside the dash or bar
        self._quotes = 0  # depth
        self._between = 0  # the depth of the quote that the newlines owed stand in
        self._cell = False  # a cell of this row is over: a bar is owed before the next
        self._row = False  # something stands in this row

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        match tag:
            case "br":
                self._newline()
            case "img":
                self._say(facts.get("alt") or "[image]")
            case "a":
                self._links.append((facts.get("href") or "", len(self.parts)))
            case "li":
                self._item()
            case "ul" | "ol":
                self._break(1 if self._lists else 2)
                self._lists.append(1 if tag == "ol" else None)
            case "td" | "th":
                self._item_begun = True
            case "blockquote":
                self._edge(tag)
                self._quotes += 1
            case _:
                self._edge(tag)
        self._pre += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "a":
                self._address()
            case "ul" | "ol":
                if self._lists:
                    self._lists.pop()
                self._break(1 if self._lists else 2)
            case "td" | "th":
                self._end_cell()
            case "blockquote":
                self._edge(tag)
                self._quotes = max(self._quotes - 1, 0)
            case _:
                self._edge(tag)
        self._pre -= tag == "pre"

    def handle_data(self, data: str) -> None:
        if self._pre:
            self._say(data.replace("\n", "\n" + _margin(self._quotes)))
            return
        words = _SPACES.split(data)
        self._space = self._space or (len(words) > 1 and not words[0])
        text = " ".join(w for w in words if w)
        if text:
            self._say(text)
            self._space = not words[-1]

    def _edge(self, tag: str) -> None:
        if tag in _ROWS:
            self._cell = self._row = False
        if tag in _BLOCKS:
            self._break(2)
        elif tag in _LINES:
            self._break(1)

    def _break(self, newlines: int) -> None:
        if self._item_begun or self._cell:
            return
        self._between = min(self._between, self._quotes) if self._gap else self._quotes
        self._gap, self._space = max(self._gap, newlines), False

    def _newline(self) -> None:
        self._between = min(self._between, self._quotes) if self._gap else self._quotes
        self._gap, self._space = self._gap + 1, False

    def _say(self, text: str) -> None:
        begun = bool(self.parts)
        if self._gap or not begun:
            between = _margin(min(self._between, self._quotes))
            self.parts.append(("\n" + between) * (self._gap - 1) + "\n" if begun else "")
            self.parts.append(_margin(self._quotes))
        elif self._cell:
            self.parts.append(" | ")
        elif self._space:
            self.parts.append(" ")
        self._gap, self._space, self._item_begun, self._cell = 0, False, False, False
        self._row = True
        self.parts.append(text)

    def _end_cell(self) -> None:
        self._item_begun = False
        if self._row:
            self._gap, self._cell = 0, True

    def _item(self) -> None:
        self._item_begun = False
        self._break(1)
        number = self._lists[-1] if self._lists else None
        indent = "  " * (min(len(self._lists), _DEEPEST) - 1)
        if number is not None:
            self._lists[-1] = number + 1
        self._say(indent + ("- " if number is None else f"{number}. "))
        self._item_begun = True

    def _address(self) -> None:
        if not self._links:
            return
        address, begin = self._links.pop()
        shown = "".join(self.parts[begin:]).strip()
        if address and _bare(address) != _bare(shown):
            address = address.removeprefix("mailto:").removeprefix("tel:")
            self._space = bool(shown)
            self._say(f"({address})" if shown else address)


def _margin(quotes: int) -> str:
    return "> " * min(quotes, _DEEPEST)


def _bare(address: str) -> str:
    """For comparison: www.example.com/ and https://www.example.com are the same to a reader."""
    return re.sub(r"^(https?://|mailto:|tel:)", "", address.strip().casefold()).rstrip("/")
