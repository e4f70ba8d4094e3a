"""Rows: what fits under a limit; and that no window ever holds more than it may."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.channels.base import Outbound
from connector.channels.twilio import pace
from connector.channels.twilio.config import TwilioConfig
from connector.domain.conversation import Media
from connector.domain.ids import Address, TicketId
from connector.domain.limits import Limit, spare, taken, wait_until
from connector.domain.tickets import CommentDraft
from connector.helpdesks.zendesk.limits import of_comment

T0 = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
S = timedelta(seconds=1)
THREE = Limit("x", every=10 * S, burst=3)


@pytest.mark.parametrize(
    ("arrival", "wait", "left"),
    [
        (None, None, 3),
        (T0 - 60 * S, None, 3),
        (T0 + 10 * S, None, 2),
        (T0 + 11 * S, None, 1),
        (T0 + 20 * S, None, 1),
        (T0 + 21 * S, T0 + S, 0),
        (T0 + 30 * S, T0 + 10 * S, 0),
    ],
)
def test_what_fits(arrival: datetime | None, wait: datetime | None, left: int) -> None:
    assert wait_until(THREE, arrival, T0) == wait
    assert spare(THREE, arrival, T0) == left
    assert (left == 0) == (wait is not None)


def leaving(limit: Limit, asked: list[float]) -> list[datetime]:
    """When each leaves, one after another, asked for at these times."""
    arrival: datetime | None = None
    left, now = [], T0
    for pause in asked:
        now += timedelta(seconds=pause)
        now = max(now, wait_until(limit, arrival, now) or now)
        arrival = taken(limit, arrival, now)
        left.append(now)
    return left


@given(st.lists(st.floats(0, 40), min_size=1, max_size=120))
def test_no_ten_minutes_ever_hold_more_than_30_updates_of_a_ticket(asked: list[float]) -> None:
    limit = of_comment(CommentDraft("k", TicketId("1"), "<p>x</p>", public=True))[0]
    times = leaving(limit, asked)
    for first in times:
        window = [t for t in times if first <= t < first + timedelta(minutes=10)]
        assert len(window) <= 30


def of_text(
    config: TwilioConfig, text: str, files: int = 0, customer: str = "+12025550147"
) -> tuple[Limit, ...]:
    media = tuple(Media(f"https://x.example/{n}", "image/png") for n in range(files))
    return pace.of_message(config, Outbound("k", Address(customer), text, media), text)


@pytest.mark.parametrize(
    ("number", "rate"),
    [
        ("+12025550100", 1), ("+447700900123", 1), ("+18885550100", 3), ("+18005550100", 3),
        ("72345", 100), ("whatsapp:+12025550100", 80),
    ],
)  # fmt: skip
def test_how_fast_a_sender_may_send(number: str, rate: int) -> None:
    (limit,) = of_text(TwilioConfig("AC1", ("t",), number=number), "hello")
    assert limit.every == S / rate
    assert limit.burst == rate * 900


@pytest.mark.parametrize(
    ("number", "text", "files", "customer", "counts"),
    [
        ("+12025550100", "a" * 306, 0, "+12025550147", 2),
        ("+18885550100", "中" * 1600, 0, "+12025550147", 24),
        ("+12025550100", "a" * 306, 1, "+12025550147", 1),  # an MMS has no segments
        ("whatsapp:+12025550100", "中" * 1600, 0, "whatsapp:+12025550147", 1),
    ],
)  # fmt: skip
def test_a_long_text_takes_the_time_of_its_segments(
    number: str, text: str, files: int, customer: str, counts: int
) -> None:
    config = TwilioConfig("AC1", ("t",), number=number)
    (short,) = of_text(config, "hello", customer=customer)
    (long,) = of_text(config, text, files, customer)
    assert long.name == short.name
    assert long.every == short.every * counts
    # A quarter of an hour of them may wait at Twilio, however long each is.
    assert long.every * long.burst <= pace.QUEUED < long.every * (long.burst + 1)


def test_long_and_short_texts_share_one_sender() -> None:
    """In 15 minutes and the time that goes by no more segments leave than that allows."""
    config = TwilioConfig("AC1", ("t",), number="+12025550100")
    arrival: datetime | None = None
    count = 0
    for number in range(2_000):
        text = "a" * (1530 if number % 2 else 10)
        (limit,) = of_text(config, text)
        if wait_until(limit, arrival, T0) is not None:
            continue
        arrival = taken(limit, arrival, T0)
        count += 10 if number % 2 else 1
    assert 890 <= count <= 900


def test_a_messaging_service_paces_itself_unless_told_how_fast_it_is() -> None:
    service = TwilioConfig("AC1", ("t",), messaging_service="MG1")
    assert of_text(service, "hello") == ()
    (limit,) = of_text(replace(service, segments_per_second=25), "hello")
    assert limit.every == S / 25
