"""Values that steer a ticket, as templates: what a customer or a model wrote has no say in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from pydantic import BeforeValidator, Discriminator, Tag, WithJsonSchema

from connector.domain.handoff.base import Trigger
from connector.settings.interpolate import Interpolated
from connector.settings.problems import refused
from connector.settings.templates import check_template, render, used

# A language is one of those that the program knows the form of; the rest are names of our own.
MAY_STEER = frozenset(
    {"handoff.trigger", "customer.language", "channel.name", "conversation.id", "episode.id"}
)
PRIORITIES = ("low", "normal", "high", "urgent")
_LANGUAGES = ("", "en", "es", "de", "pt-BR")
_LONGEST = 1600

PLAIN, TEMPLATE = "plain", "template"


def is_template(value: object) -> bool:
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def either(value: object) -> str:
    return TEMPLATE if is_template(value) else PLAIN


EITHER = Discriminator(either)
IS_PLAIN, IS_TEMPLATE = Tag(PLAIN), Tag(TEMPLATE)


def as_id(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[1-9]\d{0,17}", text, re.ASCII) else None


def as_priority(text: str) -> str | None:
    return text if text in PRIORITIES else None


def as_tag(text: str) -> str | None:
    """One tag, whatever a template gives."""
    return re.sub(r"[\s,]+", "_", text)[:255] or None


def route(read: Callable[[str], object | None], what: str) -> BeforeValidator:
    """A template that always gives such a value, or nothing."""

    def check(value: object) -> object:
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise refused(f"must be a text of at most {_LONGEST} characters")
        quote = not isinstance(value, Interpolated)
        check_template(value, quote=quote)
        for name in used(value):
            if name not in MAY_STEER:
                shown = f"'{name}'" if quote else "a name"
                hint = f"use one of {', '.join(sorted(MAY_STEER))}"
                raise refused(f"{shown} can't be used here: customers have a say in it", hint)
        for given in _rendered(value):
            if given and read(given) is None:
                raise refused(f"the template gives something that is no {what}")
        return value

    return BeforeValidator(check)


def _rendered(text: str) -> Iterator[str]:
    """What it gives for every trigger, and for some languages."""
    for trigger, language in product(Trigger, _LANGUAGES):
        facts = {"handoff": {"trigger": trigger.value}, "customer": {"language": language}}
        yield render(text, facts).strip()


def schema(plain: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [plain, {"type": "string", "pattern": r"\{\{|\{%|\$\{"}]})
