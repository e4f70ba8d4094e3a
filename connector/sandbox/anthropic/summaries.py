"""The twin's summary: the transcript's own sentences, each with the number of its line."""

from __future__ import annotations

import html
import re
from typing import Any

from connector.sandbox.anthropic.words import words

_LINE = re.compile(r"^\[(\d+)\] (\w+)[^:]*:\d\d:\d\d UTC[^:]*: (.*)$")
_ASKS_PERSON = re.compile(
    r"\b(human|person|agent|someone|representative|operator|persona|mensch)\b", re.I
)
_TOPICS = {
    "late delivery": {"parcel", "order", "delivery", "package", "shipping", "paquete", "pedido"},
    "refund": {"refund", "refunds", "return", "returns", "money", "charge", "charged", "reembolso"},
    "opening hours": {"hours", "open", "closed", "opening", "horario"},
}
LENGTH = 140


def summarise(text: str) -> dict[str, Any]:
    lines = [(int(n), who, said) for n, who, said in _lines(text)]
    customer = [(n, said) for n, who, said in lines if who == "customer"]
    wants = max(customer, key=_telling, default=(0, ""))
    bot = [(n, said) for n, who, said in lines if who == "bot"]
    trigger = _tag(text, "trigger") or "unknown"
    last = customer[-1:] or [(0, "")]
    return {
        "subject": _short(wants[1], 70) or "A customer asks for help",
        "wants": {"text": f"The customer wrote: {_short(wants[1])}", "messages": _cited(wants)},
        "tried": {
            "text": f"The bot answered: {_short(bot[-1][1])}"
            if bot
            else "The bot had not answered.",
            "messages": _cited(bot[-1]) if bot else _cited(last[0]),
        },
        "why_human": {
            "text": f"{_WHY.get(trigger, trigger)}: {_short(last[0][1])}",
            "messages": _cited(last[0]),
        },
        "topic": _topic(" ".join(said for _, said in customer)),
    }


def _topic(said: str) -> str:
    known = {w.casefold() for w in words(said)}
    return next((name for name, about in _TOPICS.items() if known & about), "other matters")


_WHY = {
    "explicit_request": "Asked for a person",
    "offer_accepted": "Accepted the offer of a person",
    "legal": "Mentions legal steps",
    "safety": "Describes a danger",
    "no_progress": "Got no further with the bot",
    "frustration": "Is fed up",
    "model": "The bot asked for a person",
    "bot_failure": "The bot could not answer",
    "keywords": "Used one of the operator's keywords",
}


def _lines(text: str) -> list[tuple[str, str, str]]:
    return [m.groups() for x in html.unescape(text).splitlines() if (m := _LINE.match(x))]  # type: ignore[misc]


def _telling(line: tuple[int, str]) -> tuple[bool, int]:
    """What is wanted stands in the message that says most, not in the plea for a person."""
    return (not _ASKS_PERSON.search(line[1]), min(len(words(line[1])), 12))


def _tag(text: str, name: str) -> str:
    found = re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
    return found.group(1).strip() if found else ""


def _short(text: str, most: int = LENGTH) -> str:
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + "…"


def _cited(line: tuple[int, str]) -> list[int]:
    return [line[0]] if line[0] else []
