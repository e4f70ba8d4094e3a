"""The shape of what a model answers: as it is told, and as it is checked on arrival."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from connector.domain.turns import BotDecision, Usage

TriggerWord = Literal[
    "none", "explicit_request", "legal", "safety", "frustration", "no_progress", "other"
]


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _object(properties: dict[str, Any], description: str = "") -> dict[str, Any]:
    about = {"description": description} if description else {}
    return {
        "type": "object",
        **about,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _point(description: str) -> dict[str, Any]:
    numbers = "The numbers, from the transcript, of the messages that say this. Never a guess."
    properties = {
        "text": _text("One or two plain sentences, only what the cited messages say."),
        "messages": {"type": "array", "items": {"type": "integer"}, "description": numbers},
    }
    return _object(properties, description)


TURN: dict[str, Any] = _object(
    {
        "reply": _text(
            "The text message for the customer: short, plain, in the customer's language. "
            "May be empty only with the decision resolved."
        ),
        "decision": {
            "type": "string",
            "enum": [each.value for each in BotDecision],
            "description": "answer: you go on with the customer. hand_off: a person has to take "
            "over. resolved: the customer has said or clearly shown that the matter is settled.",
        },
        "trigger": {
            "type": "string",
            "enum": list(TriggerWord.__args__),  # type: ignore[attr-defined]
            "description": "Why a person has to take over; none unless the decision is hand_off.",
        },
        "reason": _text(
            "For the team, in English, one sentence: why this is handed over. Required with "
            "hand_off, else an empty string."
        ),
        "quote": _text(
            "The customer's own words that show it, copied letter by letter from one of their "
            "messages. An empty string if no words of theirs show it."
        ),
        "language": _text(
            "The language that the customer writes in, as a BCP 47 tag: en, es, fr, de, pt-BR."
        ),
        "offers_person": {
            "type": "boolean",
            "description": "true if the reply offers or proposes a person in any way, so that a "
            "yes to it would mean that the customer wants one.",
        },
    }
)

SUMMARY: dict[str, Any] = _object(
    {
        "subject": _text("The ticket's subject: one line of at most 80 characters, in English."),
        "wants": _point("What the customer wants."),
        "tried": _point("What was tried or answered so far, and what came of it."),
        "why_human": _point("Why a person is needed now."),
        "topic": _text("The kind of matter in two to four words: late delivery, refund status."),
    }
)


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Turn(_Strict):
    reply: str
    decision: BotDecision
    trigger: TriggerWord
    reason: str
    quote: str
    language: str
    offers_person: bool


class Cited(_Strict):
    text: str
    messages: list[int]


class Points(_Strict):
    subject: str
    wants: Cited
    tried: Cited
    why_human: Cited
    topic: str = ""  # a summary without it is still a summary


class _Block(BaseModel):
    type: str
    text: str | None = None


_Count = Annotated[int, BeforeValidator(lambda value: 0 if value is None else value)]


class _Counts(BaseModel):
    input_tokens: _Count = 0
    output_tokens: _Count = 0
    cache_creation_input_tokens: _Count = 0
    cache_read_input_tokens: _Count = 0


class Answer(BaseModel):
    """As much of the provider's answer as is used; new fields and kinds of blocks do no harm."""

    content: list[_Block]
    stop_reason: str | None = None
    usage: _Counts = _Counts()

    @property
    def text(self) -> str:
        return "".join(block.text or "" for block in self.content if block.type == "text")

    @property
    def used(self) -> Usage:
        counts = self.usage
        return Usage(
            input=counts.input_tokens,
            output=counts.output_tokens,
            cache_write=counts.cache_creation_input_tokens,
            cache_read=counts.cache_read_input_tokens,
        )


Shape = TypeVar("Shape", bound=BaseModel)


def read(shape: type[Shape], body: str | bytes) -> Shape | None:
    """The body in that shape, or None if it has another one."""
    try:
        return shape.model_validate_json(body)
    except ValidationError:  # its text would repeat the model's words
        return None
