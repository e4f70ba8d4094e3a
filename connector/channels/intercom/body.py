"""The text of a message: HTML, or plain in webhooks of API 2.15 and newer; and HTML for our own.

Nothing in a webhook tells its version. What begins and ends with a block's tag is taken for HTML
unless the configuration says which version the app has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape

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
# No quoted value with a "<" in it: then nothing is looked at twice.
_COMMENT = "<!--"
_MARK = re.compile(
    rf"""{_COMMENT}|<(/?)([a-zA-Z][a-zA-Z0-9]{{0,20}})\b((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>"""
)
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]{1,20})\s{0,9}=\s{0,9}("[^"]*"|'[^']*'|[^\s"'>]+)""")
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


class _Walk:
    """Never a tag: blocks are lines, a list has dashes or numbers, a link its address.

    Linear in time, whatever it is: html.parser takes minutes for a body of unclosed tags.
    """

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.images: list[Image] = []
        self._unread = 0
        self._lists: list[int | None] = []  # the last number of each open list; None: dashes
        self._link = ("", 0)  # the open link's address, and where its words begin

    def feed(self, html: str) -> None:
        at = 0
        while (found := _MARK.search(html, at)) is not None:
            self._words(html[at : found.start()])
            at = found.end()
            if found[0] == _COMMENT:
                ends = html.find("-->", at)
                at = len(html) if ends < 0 else ends + 3
            elif found[1]:
                self._closes(found[2].lower())
            else:
                self._opens(found[2].lower(), found[3])
        self._words(html[at:])

    def _words(self, text: str) -> None:
        if text and not self._unread:
            self.parts.append(_SPACES.sub(" ", _unescaped(text)))

    def _opens(self, tag: str, attributes: str) -> None:
        if tag in _UNREAD:
            self._unread += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append(f"\n{self._bullet()}")
        elif tag == "img":
            named = _named(attributes)
            self.images.append(Image(named.get("src", ""), line(named.get("alt"))))
        elif tag == "a":
            self._link = _named(attributes).get("href", ""), len(self.parts)
        elif tag in _BLOCKS:
            self._lists += [0] if tag == "ol" else [None] if tag == "ul" else []
            self.parts.append("\n")

    def _closes(self, tag: str) -> None:
        if tag in _UNREAD:
            self._unread = max(self._unread - 1, 0)
        elif tag == "a":
            self._end_link()
        elif tag in _BLOCKS:
            if tag in ("ol", "ul") and self._lists:
                self._lists.pop()
            self.parts.append("\n")

    def _bullet(self) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "- "
        self._lists[-1] = number + 1
        return f"{number + 1}. "

    def _end_link(self) -> None:
        (address, since), self._link = self._link, ("", 0)
        if not address.startswith(("http://", "https://", "mailto:")):
            return
        shown, bare = "".join(self.parts[since:]).strip(), address.removeprefix("mailto:")
        if bare != shown:
            self.parts.append(f" ({bare})" if shown else bare)


def _named(attributes: str) -> dict[str, str]:
    found = {name.lower(): value for name, value in _ATTRIBUTE.findall(attributes)}
    return {name: _unescaped(value.strip("\"'")) for name, value in found.items()}


def _unescaped(text: str) -> str:
    try:
        return unescape(text)
    except ValueError:  # a character's number of thousands of digits
        return text
