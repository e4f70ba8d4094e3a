"""Opening hours: `{timezone: ..., open: {mon-fri: "09:00-18:00", sat: [...]}}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from connector.settings.problems import did_you_mean, refused
from connector.settings.section import Section
from connector.settings.zones import known_zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_SPAN = re.compile(rf"(?P<opens>{_TIME})-(?P<closes>{_TIME}|24:00)", re.ASCII)
_DAY = "|".join(DAYS)


class Opening(NamedTuple):
    """From and to, in minutes since midnight; `closes` may be 1440."""

    opens: int
    closes: int


Week = Mapping[str, tuple[Opening, ...]]


def parse_week(value: object) -> Week:
    """Openings by day, Monday first; a day that is not named is closed. Raise `refused`."""
    if not isinstance(value, Mapping):
        raise refused('must be days with times, such as {mon-fri: "09:00-18:00"}')
    week: dict[str, tuple[Opening, ...]] = {}
    for name, spans in value.items():
        openings = tuple(_openings(str(name), spans))
        for day in _days(str(name)):
            if day in week:
                raise refused(f"'{day}' is covered twice", key=str(name))
            week[day] = openings
    return {day: week[day] for day in DAYS if day in week}


def _days(name: str) -> Iterator[str]:
    first, dash, last = name.partition("-")
    for day in (first, last) if dash else (first,):
        if day not in DAYS:
            hint = did_you_mean(day, DAYS)
            raise refused(f"'{name}' is neither a day nor days such as mon-fri", hint, name)
    start, end = DAYS.index(first), DAYS.index(last or first)
    for step in range((end - start) % 7 + 1):
        yield DAYS[(start + step) % 7]


def _openings(name: str, spans: object) -> Iterator[Opening]:
    before = 0
    for span in (spans,) if isinstance(spans, str) else spans if isinstance(spans, tuple) else (0,):
        match = _SPAN.fullmatch(span) if isinstance(span, str) else None
        if match is None:
            raise refused('must be times such as "09:00-18:00", or a list of them', key=name)
        opening = Opening(_minutes(match["opens"]), _minutes(match["closes"]))
        if opening.closes <= opening.opens:
            raise refused("closes before it opens", "write the part after midnight there", name)
        if opening.opens < before:
            raise refused("the times overlap or are out of order", key=name)
        before = opening.closes
        yield opening


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


_SPANS = {"type": "string", "pattern": f"^{_TIME}-({_TIME}|24:00)$"}
_WEEK = {
    "type": "object",
    "additionalProperties": False,
    "patternProperties": {
        f"^({_DAY})(-({_DAY}))?$": {"anyOf": [_SPANS, {"type": "array", "items": _SPANS}]}
    },
}


class Hours(Section):
    """When people are there."""

    timezone: Annotated[str, AfterValidator(known_zone)] = Field(
        description="The time zone of the times, such as America/New_York."
    )
    open: Annotated[Week, BeforeValidator(parse_week), WithJsonSchema(_WEEK)] = Field(
        description='Days (mon, mon-fri) with times ("09:00-18:00") or lists of them. A day that '
        "is not named is closed."
    )
