"""The fixed texts that customers read, as the operator words them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from connector.settings.section import Section
from connector.settings.templates import TemplateText
from connector.settings.values import Language

ANY = "und"  # BCP 47's word for "no language in particular"


def _by_language(value: object) -> object:
    return {ANY: value} if isinstance(value, str) else value


_TEXT = {"type": "string", "minLength": 1, "maxLength": 1600}
Wordings = Annotated[
    Mapping[Language, TemplateText],
    Field(min_length=1),
    BeforeValidator(_by_language),
    WithJsonSchema(
        {"anyOf": [_TEXT, {"type": "object", "minProperties": 1, "additionalProperties": _TEXT}]}
    ),
]


class Messages(Section):
    """Each is a text for everybody, or {language: text}; a Jinja template. None: the built-in one."""

    automated: Wordings | None = Field(
        default=None,
        description="Stands before the bot's first answer: says that the assistant is automated.",
    )
    handoff: Wordings | None = Field(
        default=None, description="Sent once the ticket exists: a person has the request."
    )
    handoff_delayed: Wordings | None = Field(
        default=None,
        description="Sent when the ticket could not be made within 10 s: a person will be there "
        "as soon as possible.",
    )
    solved: Wordings | None = Field(default=None, description="Sent when the ticket is solved.")
    after_hours: Wordings | None = Field(
        default=None, description="Sent instead of `handoff` outside of the opening hours."
    )
    waiting: Wordings | None = Field(
        default=None, description="Sent once when nobody has answered for `waiting_notice`."
    )
    csat: Wordings | None = Field(
        default=None,
        description="Asks how it was, after `solved`: the answer is a number from 1 to 5.",
    )
    csat_thanks: Wordings | None = Field(
        default=None, description="Sent when the customer has answered `csat`."
    )
    stopped: Wordings | None = Field(
        default=None,
        description="Answers STOP where the carrier does not: a Twilio short code without a service.",
    )
    started: Wordings | None = Field(default=None, description="Answers START there.")
    help: Wordings | None = Field(
        default=None, description="Answers HELP there: who you are, and how to stop."
    )
