"""Keeping texts in their place: what somebody wrote can't look like our own marks.

The look-alikes below read the same to a model and to a person, and can be turned back, so that a
quote stays verbatim.
"""

from __future__ import annotations

import re
import unicodedata

OUR_TAGS = ("article", "knowledge", "instructions", "context", "resolved", "earlier",
            "transcript", "handoff", "trigger", "quote")  # fmt: skip
NOTICE = "[automatic notice]"
COLLEAGUE = "[a human colleague wrote]"
NOT_DELIVERED = "[the customer did not get this:"

_ANGLE, _SQUARE = "⟨", "⁅"
_TAG = re.compile(r"[<＜﹤](?=\s*[/／]?\s*[A-Za-zＡ-Ｚａ-ｚ!?])")
_OUR_TAG = re.compile(rf"<(?=\s*/?\s*(?:{'|'.join(OUR_TAGS)})\b)", re.IGNORECASE)
_OUR_LABEL = re.compile(
    r"[\[［](?=\s*(?:automatic\s+notice|a\s+human\s+colleague|the\s+customer\s+did\s+not"
    r"|\d+\s*[\]］]))",
    re.IGNORECASE,
)
# Direction marks reorder what a person sees; tag characters carry text that nobody sees.
_HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
LONGEST_TOPIC = 60
# Numbers are somebody's own: an order, a phone.
_NO_TOPIC = re.compile(r"[^\w\s&'’/-]|[\d_]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


def clean(text: str) -> str:
    """The same text without controls, hidden marks and halves of characters."""
    lines = _HIDDEN.sub("", text).splitlines()
    return "\n".join("".join(_shown(c) for c in line) for line in lines).strip()


def _shown(character: str) -> str:
    match unicodedata.category(character):
        case "Cs":
            return "\ufffd"
        case "Cc":
            return " "
        case _:
            return character


def quoted(text: str) -> str:
    """A stranger's text, unable to open a tag or to carry one of our labels."""
    return _OUR_LABEL.sub(_SQUARE, _TAG.sub(_ANGLE, clean(text)))


def restored(text: str) -> str:
    """What a model wrote, with the marks as the customer wrote them."""
    return clean(text).replace(_ANGLE, "<").replace(_SQUARE, "[")


def enclosed(text: str) -> str:
    """The operator's own text, trusted, but unable to close the tag that it stands in."""
    return _OUR_TAG.sub(_ANGLE, clean(text))


def attribute(text: str) -> str:
    return " ".join(enclosed(text).split()).replace('"', "'")


def language(tag: str | None) -> str | None:
    """A language tag, or None for anything else: it comes from a model that reads strangers."""
    found = _LANGUAGE.fullmatch((tag or "").strip())
    return found.group() if found else None


def topic(said: str) -> str:
    """A few lower-case words to count by, or "" for what is none: it comes from a model too."""
    words = " ".join(_NO_TOPIC.sub(" ", clean(said).casefold()).split())
    return words if len(words) <= LONGEST_TOPIC else words[:LONGEST_TOPIC].rpartition(" ")[0]
