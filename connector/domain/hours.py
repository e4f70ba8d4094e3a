"""Opening hours as data: whether people are there at a moment, and when they will be next.

Times are wall-clock times of one zone; every opening is turned into moments (UTC) on its own day, so
that nine o'clock stays nine o'clock when the clocks change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Minutes = int  # since midnight; 1440 is the midnight that ends the day
_WEEK = 7

# By language, Monday first, and how a time follows the day's name.
_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("el lunes", "el martes", "el miércoles", "el jueves", "el viernes", "el sábado",
           "el domingo"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "pt": ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira",
           "sábado", "domingo"),
    "it": ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
}  # fmt: skip
_AT = {
    "en": "{day} at {time}",
    "es": "{day} a las {time}",
    "fr": "{day} à {time}",
    "de": "{day} um {time} Uhr",
    "pt": "{day} às {time}",
    "it": "{day} alle {time}",
}


@dataclass(frozen=True)
class OpeningHours:
    timezone: str  # "America/New_York"
    week: tuple[tuple[tuple[Minutes, Minutes], ...], ...]  # for Monday to Sunday: (opens, closes)

    def is_open(self, at: datetime) -> bool:
        return any(opens <= at < closes for opens, closes in self._around(at))

    def next_opening(self, at: datetime) -> datetime | None:
        """The first opening after `at` (UTC); None if it never opens."""
        return min((opens for opens, _ in self._around(at) if opens > at), default=None)

    def count_from(self, at: datetime) -> datetime:
        """`at` while open, else the next opening: from when a customer may expect an answer."""
        return at if self.is_open(at) else self.next_opening(at) or at

    def in_words(self, moment: datetime, language: str | None) -> str:
        """ "Monday at 09:00": weekday and local time, in English where the language is unknown."""
        local = moment.astimezone(ZoneInfo(self.timezone))
        base = (language or "").replace("_", "-").lower().partition("-")[0]
        base = base if base in _DAYS else "en"
        day = _DAYS[base][local.weekday()]
        return _AT[base].format(day=day, time=f"{local:%H:%M}")

    def _around(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The openings from yesterday to the same day next week, in moments."""
        today = at.astimezone(ZoneInfo(self.timezone)).date()
        for ahead in range(-1, _WEEK + 1):
            day = today + timedelta(days=ahead)
            for opens, closes in self.week[day.weekday()]:
                # A time that comes twice: open from the first, closed after the second.
                yield self._moment(day, opens, fold=0), self._moment(day, closes, fold=1)

    def _moment(self, day: date, minutes: Minutes, fold: int) -> datetime:
        day, minutes = day + timedelta(days=minutes // 1440), minutes % 1440
        hour, minute = divmod(minutes, 60)
        zone = ZoneInfo(self.timezone)
        local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone, fold=fold)
        return local.astimezone(UTC)
