"""What a bot is asked and what it proposes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True)
class Line:
    """One line of a transcript. `number` is the message's seq: what a summary cites."""

    number: int
    speaker: str  # customer | bot | agent | connector
    text: str
    at: datetime
    note: str = ""  # "not delivered: ...", when the customer did not get it


@dataclass(frozen=True)
class BotRequest:
    lines: tuple[Line, ...]
    answered: int  # customer lines above this number want an answer now
    language: str | None = None
    lesson: str = ""  # what an agent resolved before
    earlier: tuple[Line, ...] = ()  # the end of the episode before, when not among `lines`


class BotDecision(StrEnum):
    ANSWER = "answer"
    HAND_OFF = "hand_off"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Usage:
    """Tokens of one call, as the provider counted them."""

    input: int = 0
    output: int = 0
    cache_write: int = 0
    cache_read: int = 0


@dataclass(frozen=True)
class BotTurn:
    reply: str
    decision: BotDecision
    trigger: str = ""  # the bot's own word for why it hands off
    reason: str = ""
    quote: str = ""
    language: str | None = None
    offers_person: bool = False
    usage: Usage = Usage()


@dataclass(frozen=True)
class SummaryRequest:
    lines: tuple[Line, ...]
    trigger: str
    quote: str = ""
    language: str | None = None


@dataclass(frozen=True)
class Point:
    text: str
    messages: tuple[int, ...]  # the lines that say so


@dataclass(frozen=True)
class Summary:
    """For the agent: three points, each with the messages it rests on."""

    subject: str
    wants: Point
    tried: Point
    why_human: Point
    usage: Usage = Usage()
    topic: str = ""  # the kind of matter, to count by: "late delivery"
