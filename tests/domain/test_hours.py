"""Opening hours: weekday and local time, also when the clocks change (A47)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.hours import OpeningHours

START = datetime(2020, 1, 1, tzinfo=UTC)
DAY = ((9 * 60, 18 * 60),)
OFFICE = OpeningHours("America/New_York", (DAY,) * 5 + ((), ()))
NEVER = OpeningHours("UTC", ((),) * 7)
ALWAYS = OpeningHours("UTC", (((0, 1440),),) * 7)
NIGHT = OpeningHours("Europe/Berlin", (((60, 180),),) * 7)  # 01:00 to 03:00, where clocks change


def local(zone: str, text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


@pytest.mark.parametrize(
    ("at", "is_open", "opens"),
    [
        ("2026-11-24T08:59", False, "2026-11-24T09:00"),
        ("2026-11-24T09:00", True, "2026-11-25T09:00"),
        ("2026-11-24T17:59", True, "2026-11-25T09:00"),
        ("2026-11-24T18:00", False, "2026-11-25T09:00"),
        ("2026-11-27T18:00", False, "2026-11-30T09:00"),  # Friday evening
        ("2026-11-29T12:00", False, "2026-11-30T09:00"),
        ("2026-03-06T20:00", False, "2026-03-09T09:00"),  # summer time begins on the 8th
        ("2026-10-30T20:00", False, "2026-11-02T09:00"),  # and ends on 1 November
    ],
)
def test_rows(at: str, is_open: bool, opens: str) -> None:
    moment = local(OFFICE.timezone, at)
    assert OFFICE.is_open(moment.astimezone(UTC)) is is_open
    assert OFFICE.next_opening(moment.astimezone(UTC)) == local(OFFICE.timezone, opens)


@pytest.mark.parametrize(
    ("at", "fold", "is_open"),
    [
        ("2026-10-25T02:30", 0, True),  # this half hour comes twice
        ("2026-10-25T02:30", 1, True),
        ("2026-10-25T03:00", 0, False),
        ("2026-03-29T01:59", 0, True),  # then it is 03:00
        ("2026-03-29T03:00", 0, False),
    ],
)
def test_when_the_clocks_change(at: str, fold: int, is_open: bool) -> None:
    assert NIGHT.is_open(local(NIGHT.timezone, at, fold).astimezone(UTC)) is is_open


def test_never_and_always() -> None:
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert (NEVER.is_open(at), NEVER.next_opening(at), NEVER.count_from(at)) == (False, None, at)
    assert ALWAYS.is_open(at)
    assert ALWAYS.count_from(at) == at


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Monday at 09:00"),
        ("es", "el lunes a las 09:00"),
        ("es-MX", "el lunes a las 09:00"),
        ("fr", "lundi à 09:00"),
        ("de", "Montag um 09:00 Uhr"),
        ("pt_BR", "segunda-feira às 09:00"),
        ("it", "lunedì alle 09:00"),
        ("ja", "Monday at 09:00"),
        (None, "Monday at 09:00"),
    ],
)
def test_in_words(language: str | None, words: str) -> None:
    assert OFFICE.in_words(datetime(2026, 11, 30, 14, tzinfo=UTC), language) == words


@given(
    st.integers(0, 10 * 366 * 24 * 60).map(lambda m: START + timedelta(minutes=m)),
    st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_whatever_the_moment_the_next_opening_is_nine_on_a_weekday(at: datetime, zone: str) -> None:
    hours = OpeningHours(zone, OFFICE.week)
    opens = hours.next_opening(at)
    assert opens is not None
    shown = opens.astimezone(ZoneInfo(zone))
    assert (shown.hour, shown.minute, shown.weekday() < 5) == (9, 0, True)
    assert timedelta(0) < opens - at <= timedelta(days=3, hours=2)
    assert hours.is_open(opens)
    assert not hours.is_open(opens - timedelta(microseconds=1))
