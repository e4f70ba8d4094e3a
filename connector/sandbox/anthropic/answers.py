"""What the twin says: from the knowledge that the request carries, and nothing else."""

from __future__ import annotations

import re
from typing import Any

from connector.sandbox.anthropic import knowledge
from connector.sandbox.anthropic.phrases import language_of, phrase
from connector.sandbox.anthropic.words import words

Json = dict[str, Any]
_GREETING = re.compile(
    r"\W*(hi|hello|hey|good (morning|evening|day)|hola|bonjour|hallo)\b\W*", re.I
)
_THANKS = re.compile(
    r"\b(thanks?|thank you|thx|cheers|gracias|merci|danke|that'?s all|all good|perfect)\b", re.I
)
_NUMBER = re.compile(r"\W*(?:(?:it'?s|my|order|the|number|is|no|nr)\W+)*#?\d{3,}\W*", re.I)
_DANGER = re.compile(
    r"\b(on fire|smoke|burn(s|ing|ed)? (me|my)|electric shock|kill myself|hurt myself|explod)", re.I
)
_LABEL = re.compile(r"^\[(?:automatic notice|a human colleague wrote|the customer did not)", re.I)


def answer(system: str, messages: list[Json]) -> Json:
    """A turn as its schema wants it."""
    asked = _text(messages[-1])
    said = [t for m in messages if m["role"] == "assistant" for t in _text(m).split("\n") if t]
    before = " ".join(_text(m) for m in messages[:-1] if m["role"] == "user")[-600:]
    language = language_of(asked, _known_language(system))
    if _DANGER.search(asked):
        return _turn("", language, decision="hand_off", trigger="safety",
                     reason="the customer describes a danger", quote=asked[:200])  # fmt: skip
    rest = _GREETING.sub("", asked, count=1).strip() if _GREETING.match(asked) else asked
    if not words(rest) and _GREETING.match(asked):
        return _turn(phrase("hello", language), language)
    if _THANKS.search(rest) and len(words(rest)) <= 3 and "?" not in rest:
        return _turn(phrase("thanks", language), language, decision="resolved")
    if _NUMBER.fullmatch(rest):
        return _turn(phrase("number", language), language, offers_person=True)
    return _from_knowledge(system, rest, before, said, language)


def _from_knowledge(system: str, asked: str, before: str, said: list[str], language: str) -> Json:
    found = knowledge.search(system, asked, before)
    if found is None:
        small = len(words(asked)) <= 1
        already = phrase("unclear", language) in " ".join(said)
        if small and not already:
            return _turn(phrase("unclear", language), language)
        return _turn(phrase("unknown", language), language, offers_person=True)
    if any(found.text in line for line in said):
        return _turn(phrase("again", language), language, offers_person=True)
    return _turn(found.text, language)


def _text(message: Json) -> str:
    content = message["content"]
    if not isinstance(content, str):
        content = "\n".join(b.get("text", "") for b in content if b.get("type") == "text")
    content = re.sub(r"<earlier>.*?</earlier>", "", content, flags=re.DOTALL)
    lines = [x for x in content.splitlines() if not _LABEL.match(x.strip())]
    return "\n".join(lines).strip()


def _known_language(system: str) -> str:
    found = re.search(r"written in the language ([A-Za-z-]+)", system)
    return found.group(1)[:2].lower() if found else ""


def _turn(reply: str, language: str, **more: Any) -> Json:
    turn: Json = {
        "reply": reply,
        "decision": "answer",
        "trigger": "none",
        "reason": "",
        "quote": "",
        "language": language,
        "offers_person": False,
    }
    return turn | more
