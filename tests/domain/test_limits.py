"""Rows: what fits under a limit; and that no window ever holds more than it may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.channels.twilio import pace
from connector.channels.twilio.config import TwilioConfig
from connector.domain.ids import TicketId
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


@pytest.mark.parametrize(
    ("number", "rate"),
    [
        ("+12025550100", 1), ("+447700900123", 1), ("+18885550100", 3), ("+18005550100", 3),
        ("72345", 100), ("whatsapp:+12025550100", 80),
    ],
)  # fmt: skip
def test_how_fast_a_sender_may_send(number: str, rate: int) -> None:
    (limit,) = pace.of_sender(TwilioConfig("AC1", ("t",), number=number))
    assert limit.every == S / rate
    assert limit.burst == rate * 900


def test_a_messaging_service_paces_itself() -> None:
    assert pace.of_sender(TwilioConfig("AC1", ("t",), messaging_service="MG1")) == ()
