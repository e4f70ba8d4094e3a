"""Content templates: what the account has had approved, and how one is filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\{\{(\w+)\}\}")
_FORBIDDEN = re.compile(r"[\n\r\t]| {5}")
MAX_FILLED = 1024  # characters, of WhatsApp


class BadVariablesError(Exception):
    """Twilio's 21656."""


def filled(template: str, variables: str) -> str:
    """The text as the phone shows it; a variable that is left out keeps its name. Raise BadVariables."""
    try:
        given = json.loads(variables or "{}")
    except ValueError:
        raise BadVariablesError from None
    if not isinstance(given, Mapping) or not all(map(_fits, given.values())):
        raise BadVariablesError
    return _VARIABLE.sub(lambda found: given.get(found[1], found[0]), template)


def _fits(value: object) -> bool:
    return isinstance(value, str) and bool(value) and not _FORBIDDEN.search(value)
