"""The text of a message: HTML, or plain in webhooks of API 2.15 and newer; and HTML for our own.

Nothing in a webhook tells its version. What begins and ends with a block's tag is taken for HTML
unless the configuration says which version the app has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from connector.channels.payload import line
from connector.channels.text import clean

MOST = 256 * 1024  # characters of HTML: a message has a few hundred
_BLOCKS = frozenset(
    "p div h1 h2 h3 h4 h5 h6 ul ol pre blockquote table tr figure section hr".split()
)
_UNREAD = frozenset({"script", "style", "head", "title"})
_OPENS = re.compile(
    r"\s*<(p|div|h[1-6]|ul|ol|pre|blockquote|table|figure|img|html|body)[\s/>]", re.IGNORECASE
)
_CLOSES = re.compile(r"(</[a-z][a-z0-9]*>|/>|<img\b[^<>]*>)\s*\Z", re.IGNORECASE)
_TAIL = 4096  # where the closing tag is looked for
_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0]+")
_MANY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Image:
    url: str
    name: str


@dataclass(frozen=True)
class Body:
    """What was written, and the pictures that stood in it."""

    text: str
    images: tuple[Image, ...] = ()


def read(body: object, html: bool | None) -> Body:
    """`html`: whether it is; None: it shows. Nothing for what is no text."""
    if not isinstance(body, str):
        return Body("")
    if html or (html is None and _is_html(body)):
        walk = _Walk()
        walk.feed(body[:MOST])
        walk.close()
        return Body(clean(_tidy("".join(walk.parts))), tuple(walk.images))
    return Body(clean(body).strip("\n"))


def as_html(text: str) -> str:
    """Our words for Intercom, which takes what looks like a tag for one."""
    return escape(text, quote=False).replace("\n", "<br>")


def _is_html(body: str) -> bool:
    return bool(_OPENS.match(body) and _CLOSES.search(body[-_TAIL:]))


def _tidy(text: str) -> str:
    lines = "\n".join(each.strip(" ") for each in text.split("\n"))
    return _MANY_LINES.sub("\n\n", lines).strip("\n")


class _Walk(HTMLParser):
    """Never a tag: blocks are lines, a list has dashes or numbers, a link its address."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.images: list[Image] = []
        self._unread = 0
        self._lists: list[int | None] = []  # the last number of each open list; None: dashes
        self._links: list[tuple[str, int]] = []  # address, and where its words begin

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag in _UNREAD:
            self._unread += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append(f"\n{self._bullet()}")
        elif tag == "img":
            self._image(told.get("src") or "", told.get("alt") or "")
        elif tag == "a":
            self._links.append((told.get("href") or "", len(self.parts)))
        elif tag in _BLOCKS:
            self._lists += [0] if tag == "ol" else [None] if tag == "ul" else []
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD:
            self._unread = max(self._unread - 1, 0)
        elif tag == "a" and self._links:
            self._link(*self._links.pop())
        elif tag in _BLOCKS:
            if tag in ("ol", "ul") and self._lists:
                self._lists.pop()
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.parts.append(_SPACES.sub(" ", data))

    def _bullet(self) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "- "
        self._lists[-1] = number + 1
        return f"{number + 1}. "

    def _image(self, url: str, name: str) -> None:
        self.images.append(Image(url, line(name)))

    def _link(self, address: str, since: int) -> None:
        shown = "".join(self.parts[since:]).strip()
        bare = address.removeprefix("mailto:")
        if address.startswith(("http://", "https://", "mailto:")) and bare != shown:
            self.parts.append(f" ({bare})" if shown else bare)
