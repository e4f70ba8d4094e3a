"""A day, week or month on the operators' calendar, and the instants at which it begins and ends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 2000, 2100
_NAMES = {"month": "YYYY-MM", "week": "YYYY-MM-DD", "day": "YYYY-MM-DD"}
TREND = {"day": 30, "week": 12, "month": 12}  # how many are shown in a row


class Kind(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class BadPeriod(ValueError):
    """What was asked for is no period; the text is a sentence for a person."""


@dataclass(frozen=True)
class Period:
    """`first` is its first day; weeks begin on Monday."""

    kind: Kind
    first: date
    zone: ZoneInfo

    @classmethod
    def containing(cls, kind: Kind, day: date, zone: ZoneInfo) -> Period:
        """Raise BadPeriod outside the years 2000 to 2100."""
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise BadPeriod(f"the year must be from {FIRST_YEAR} to {LAST_YEAR}")
        match kind:
            case Kind.DAY:
                return cls(kind, day, zone)
            case Kind.WEEK:
                return cls(kind, day - timedelta(days=day.weekday()), zone)
            case Kind.MONTH:
                return cls(kind, day.replace(day=1), zone)

    @classmethod
    def of(cls, kind: Kind, now: datetime, zone: ZoneInfo) -> Period:
        """The one that `now` lies in."""
        return cls.containing(kind, now.astimezone(zone).date(), zone)

    @classmethod
    def named(cls, kind: Kind, name: str, zone: ZoneInfo) -> Period:
        """From `2026-11` for a month, else any of its days as `2026-11-24`. Raise BadPeriod."""
        whole = f"{name}-01" if kind is Kind.MONTH and len(name) == len("2026-11") else name
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", whole, re.ASCII):
            raise BadPeriod(f"a {kind.value} is written {_NAMES[kind]}")
        try:
            day = date.fromisoformat(whole)
        except ValueError:
            raise BadPeriod("there is no such day in the calendar") from None
        return cls.containing(kind, day, zone)

    @property
    def name(self) -> str:
        """How `named` reads it."""
        return self.first.isoformat()[:7] if self.kind is Kind.MONTH else self.first.isoformat()

    @property
    def end(self) -> date:
        """The first day after it."""
        match self.kind:
            case Kind.DAY:
                return self.first + timedelta(days=1)
            case Kind.WEEK:
                return self.first + timedelta(days=7)
            case Kind.MONTH:
                return (self.first + timedelta(days=32)).replace(day=1)

    @property
    def starts_at(self) -> datetime:
        return _midnight(self.first, self.zone)

    @property
    def ends_at(self) -> datetime:
        """The first instant that is not in it."""
        return _midnight(self.end, self.zone)

    @property
    def previous(self) -> Period:
        before = self.first - timedelta(days=1)
        return Period(self.kind, _first(self.kind, before), self.zone)

    @property
    def following(self) -> Period:
        return Period(self.kind, self.end, self.zone)

    @property
    def title(self) -> str:
        last = self.end - timedelta(days=1)
        match self.kind:
            case Kind.DAY:
                return f"{self.first:%A}, {self.first.day} {self.first:%B %Y}"
            case Kind.WEEK:
                return f"{self.first.day} {self.first:%B} – {last.day} {last:%B %Y}"
            case Kind.MONTH:
                return f"{self.first:%B %Y}"

    @property
    def short(self) -> str:
        """For an axis."""
        if self.kind is Kind.MONTH:
            return f"{self.first:%b %Y}"
        return f"{self.first.day} {self.first:%b}"

    def trend(self) -> list[Period]:
        """This one and those before it, the oldest first."""
        found = [self]
        while len(found) < TREND[self.kind]:
            found.append(found[-1].previous)
        return found[::-1]


@dataclass(frozen=True)
class Span:
    """Between two instants, the second not in it: what is counted from an article on."""

    starts_at: datetime
    ends_at: datetime

    @classmethod
    def named(cls, begins: str, ends: str) -> Span:
        """From two instants as `2026-11-24T15:00:00+00:00`. Raise BadPeriod."""
        first, end = _instant(begins), _instant(ends)
        if first > end:
            raise BadPeriod("it ends before it begins")
        return cls(first, end)


def _instant(name: str) -> datetime:
    try:
        found = datetime.fromisoformat(name)
    except ValueError:
        raise BadPeriod("an instant is written 2026-11-24T15:00:00+00:00") from None
    if found.tzinfo is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadPeriod(f"an instant has its zone, and lies from {FIRST_YEAR} to {LAST_YEAR}")
    return found.astimezone(UTC)


def _first(kind: Kind, day: date) -> date:
    """Without the bounds: the period before the first one that may be asked for is shown beside it."""
    if kind is Kind.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if kind is Kind.MONTH else day


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Where clocks skip midnight, the first instant of the day that there is."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
