"""Reading JSON that a stranger wrote: nothing is taken for granted, and nothing here raises but once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import requests

from connector.channels.base import Inbound, Parsed, Unread, WebhookRequest
from connector.channels.text import clean
from connector.errors import MalformedPayload, UnsupportedEvent, WebhookError

NAME = 100  # characters of a name that strangers choose for themselves
_ID = re.compile(r"[!-~]{1,200}")
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}")

Section = Mapping[str, Any]


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity are no JSON


def json_object(request: WebhookRequest) -> dict[str, Any]:
    """The object in the body, fit to be stored. Raise MalformedPayload."""
    if request.method != "POST":
        raise MalformedPayload("not a POST")
    try:
        found = json.loads(request.body, parse_constant=_refuse)
        if b"\\u" in request.body:
            # Half a surrogate pair can be written in JSON, and in no database.
            whole = json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")
            found = json.loads(whole)
    except (ValueError, RecursionError):
        # No cause: it would carry what the customer wrote into a log.
        raise MalformedPayload("not JSON") from None
    if not isinstance(found, dict):
        raise MalformedPayload("not a JSON object")
    return found


def read_all(readers: Iterable[Callable[[], Sequence[Inbound]]]) -> Sequence[Parsed]:
    """Each part of a request, order kept; one that can't be read is `Unread` and stops nothing.

    Raise what a request's only part raises: then there is nothing else to answer for.
    """
    found: list[Parsed] = []
    wrong: list[WebhookError] = []
    for read in readers:
        try:
            found.extend(read())
        except WebhookError as error:
            wrong.append(error)
            found.append(Unread(str(error), malformed=not isinstance(error, UnsupportedEvent)))
    if not found:
        raise UnsupportedEvent("nothing of a conversation")
    if len(found) == len(wrong) == 1:
        raise wrong[0]
    return found


def object_of(answer: requests.Response) -> dict[str, Any]:
    """The JSON object in an answer; {} if there is none. Deep nesting ends in RecursionError."""
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def section(value: object) -> Section:
    """{} for anything but an object."""
    return value if isinstance(value, dict) else {}


def sections(value: object) -> list[Section]:
    """The objects of a list; [] for anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def parts(value: object) -> list[Section]:
    """A list's members, those that are no objects as empty ones: each is to be told of."""
    return [section(each) for each in value] if isinstance(value, list) else []


def too_many(count: int, most: int) -> list[str]:
    """What is said of files that were left out."""
    left = count - most
    return (
        [f"[{left} more {'file was' if left == 1 else 'files were'} left out]"] if left > 0 else []
    )


def text(value: object) -> str:
    """As it is to be read; "" for anything but a text."""
    return clean(value) if isinstance(value, str) else ""


def line(value: object, most: int = NAME) -> str:
    """One short line of it."""
    return " ".join(text(value).split())[:most]


def identifier(value: object) -> str:
    """A key for the database: short, and printed as it is. "" for what is none."""
    plain = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return plain if isinstance(plain, str) and _ID.fullmatch(plain) else ""


def address(value: object) -> str:
    """How a customer is named: no spaces, else as it came. "" for what is none."""
    plain = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return plain if isinstance(plain, str) and _ADDRESS.fullmatch(plain) else ""


def number(value: object) -> float | None:
    """A number that can be shown; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < 1e15 else None


def place(latitude: object, longitude: object, *named: object) -> str:
    """A place in words, to about ten centimetres; "" without both numbers."""
    north, east = number(latitude), number(longitude)
    if north is None or east is None:
        return ""
    called = ", ".join(part for each in named if (part := line(each, 200)))
    return f"[Location: {called + ' ' if called else ''}({round(north, 6)}, {round(east, 6)})]"
