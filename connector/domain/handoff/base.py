"""The words that all triggers share: what they look at, what they are told, what they answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from connector.domain.handoff.phrases import Phrases

LANGUAGES = ("en", "es", "fr", "de", "pt", "it")
QUOTE = 300  # characters of a message that stand in the evidence


@dataclass(frozen=True)
class Turn:
    id: str
    role: Literal["customer", "bot", "agent"]
    text: str
    offers_person: bool = False
    language: str | None = None  # as far as it is known; BCP 47


@dataclass(frozen=True)
class Evidence:
    messages: tuple[str, ...]
    quote: str
    detail: str = ""


class Trigger(StrEnum):
    """The contract's names, in the order in which they decide."""

    EXPLICIT_REQUEST = "explicit_request"
    OFFER_ACCEPTED = "offer_accepted"
    LEGAL = "legal"
    SAFETY = "safety"
    NO_PROGRESS = "no_progress"
    FRUSTRATION = "frustration"
    MODEL = "model"
    BOT_FAILURE = "bot_failure"
    KEYWORDS = "keywords"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Considered:
    """One trigger that was looked at, with what speaks for it."""

    trigger: Trigger
    fired: bool
    score: float
    threshold: float
    evidence: tuple[Evidence, ...] = ()
    source: Literal["local", "model", "operator"] = "local"
    language: str | None = None  # of the phrase list that matched


@dataclass(frozen=True)
class FrustrationPolicy:
    window: int = 3
    at_least: int = 2


@dataclass(frozen=True)
class NoProgressPolicy:
    bot_turns: int = 5


@dataclass(frozen=True)
class HandoffPolicy:
    """What an operator set for one channel; None, False or () switches a trigger off."""

    explicit_request: tuple[str, ...] = LANGUAGES
    keywords: tuple[str, ...] = ()
    frustration: FrustrationPolicy | None = FrustrationPolicy()
    no_progress: NoProgressPolicy | None = NoProgressPolicy()
    model: bool = True
    model_trust: float = 1.0  # 0 to 1: what is missing must come from the local triggers
    bot_failure_after: int | None = 3
    legal: bool = True
    safety: bool = True
    phrases: Phrases = field(default_factory=Phrases, repr=False)


def evidence(turn: Turn, detail: str = "") -> Evidence:
    text = " ".join(turn.text[: QUOTE * 4].split())
    return Evidence((turn.id,), text if len(text) <= QUOTE else text[: QUOTE - 1] + "…", detail)
