"""What Zendesk makes of a comment's text: sanitised HTML, plain text, expanded placeholders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser
from typing import Any

MAX_BYTES = 65_535
_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_CODE = re.compile(r"(<(code|pre)\b.*?</\2>)", re.IGNORECASE | re.DOTALL)
_DROPPED = frozenset({"script", "style", "iframe", "object", "embed", "form", "template"})
_KEPT = frozenset(
    {
        "a", "b", "blockquote", "br", "code", "dd", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4",
        "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup",
        "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
    }
)  # fmt: skip
_VOID = frozenset({"br", "hr", "img"})
_BREAKS = frozenset({"br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "p", "pre", "tr"})
_ATTRIBUTES = frozenset({"href", "src", "alt", "title", "dir", "class"})
_SAFE_URL = re.compile(r"(https?:|mailto:|tel:|/|#)", re.IGNORECASE)


def placeholders(
    facts: Mapping[str, Any], requester: Mapping[str, Any], writer: Mapping[str, Any]
) -> dict[str, str]:
    """What stands for {{ticket.id}} and its like in this ticket's comments."""
    values = {f"ticket.{name}": facts.get(name) for name in ("id", "status", "external_id")}
    values |= {f"ticket.requester.{n}": requester.get(n) for n in ("name", "email", "phone")}
    values |= {"ticket.title": facts.get("subject"), "current_user.name": writer.get("name")}
    values["ticket.tags"] = " ".join(facts.get("tags") or ())
    return {name: str(value or "") for name, value in values.items()}


def from_body(body: str, values: Mapping[str, str]) -> tuple[str, str]:
    """A plain body -> (HTML, plain text): tags stripped, blanks collapsed."""
    plain = _tidy(_Plain.of(_cut(_expanded(body, values))))
    paragraphs = "".join(
        f'<p dir="auto">{escape(part, quote=False).replace(chr(10), "<br>")}</p>'
        for part in plain.split("\n\n")
    )
    return _framed(paragraphs), plain


def from_html(html: str, values: Mapping[str, str]) -> tuple[str, str]:
    """An HTML body -> (sanitised HTML, plain text). Nothing is expanded within <code>."""
    pieces = _CODE.split(_cut(html))
    # The pattern has two groups: text, code, its tag's name, text, ...
    parts = [p if n % 3 == 1 else _expanded(p, values) for n, p in enumerate(pieces) if n % 3 < 2]
    clean = _Clean.of("".join(parts))
    return _framed(clean), _tidy(_Plain.of(clean))


def _framed(html: str) -> str:
    return f'<div class="zd-comment" dir="auto">{html}</div>'


def _expanded(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values.get(match.group(1), ""), text)


def _cut(text: str) -> str:
    """Zendesk cuts at 64 kB and says nothing."""
    return text.encode()[:MAX_BYTES].decode(errors="ignore")


def _tidy(text: str) -> str:
    lines = (re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Plain(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._dropped = 0

    @classmethod
    def of(cls, html: str) -> str:
        parser = cls()
        parser.feed(html)
        parser.close()
        return "".join(parser._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._dropped += tag in _DROPPED
        if tag == "br":
            self._parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._dropped -= tag in _DROPPED and self._dropped > 0
        if tag in _BREAKS:
            self._parts.append("\n\n" if tag in ("p", "pre") else "\n")

    def handle_data(self, data: str) -> None:
        if not self._dropped:
            self._parts.append(data)


class _Clean(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self._parts: list[str] = []
        self._dropped = 0

    @classmethod
    def of(cls, html: str) -> str:
        parser = cls()
        parser.feed(html)
        parser.close()
        return "".join(parser._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._dropped += tag in _DROPPED
        if self._dropped or tag not in _KEPT:
            return
        kept = "".join(f' {n}="{escape(v or "")}"' for n, v in attrs if _harmless(n, v or ""))
        self._parts.append(f"<{tag}{kept}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._dropped -= self._dropped > 0
        elif not self._dropped and tag in _KEPT and tag not in _VOID:
            self._parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._dropped:
            self._parts.append(escape(data, quote=False))

    def handle_entityref(self, name: str) -> None:
        if not self._dropped:
            self._parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        if not self._dropped:
            self._parts.append(f"&#{name};")


def _harmless(name: str, value: str) -> bool:
    if name not in _ATTRIBUTES:
        return False
    return name not in ("href", "src") or bool(_SAFE_URL.match(value.strip()))
