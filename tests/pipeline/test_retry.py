"""Rows: when a failed call is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from connector.domain.effects import AskBot, Call, OpenTicket, ReadTicket, SendText, Summarise
from connector.domain.ids import Address, MessageId, TicketId
from connector.domain.tickets import Cursor
from connector.errors import Transient
from connector.pipeline.retry import LONGEST_ASKED, LONGEST_WAIT, Again, GiveUp, after

T0 = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
S, HOUR = timedelta(seconds=1), timedelta(hours=1)
SEND = SendText("k", MessageId("m1"), Address("+15550123"), "hello")
READ = ReadTicket("k", TicketId("1"), Cursor())
ASK = AskBot("k", 1, None, 3)  # type: ignore[arg-type]
SUMMARISE = Summarise("k", "e", None)  # type: ignore[arg-type]
OPEN = OpenTicket("k", None)  # type: ignore[arg-type]
DOWN = Transient("down", status=503)


def attempts(call: Call, error: Transient = DOWN) -> list[datetime]:
    """When each attempt is made, until it is given up on; at most 5,000."""
    made = [T0]
    while len(made) < 5_000:
        match after(error, call, len(made), T0, made[-1]):
            case Again(at):
                made.append(at)
            case GiveUp():
                break
    return made


def test_retries_reach_75_hours_and_end() -> None:
    made = attempts(SEND)
    assert 75 * HOUR <= made[-1] - T0 <= 77 * HOUR
    waits = [b - a for a, b in pairwise(made)]
    assert waits[0] <= 2 * S
    assert max(waits) <= LONGEST_WAIT + S
    # Backoff with jitter: no two histories are the same.
    assert attempts(SEND)[:20] != made[:20]


@pytest.mark.parametrize("call", [READ, OPEN])
def test_a_ticket_is_made_and_read_some_day(call: Call) -> None:
    assert len(attempts(call)) == 5_000


@pytest.mark.parametrize(("call", "most"), [(ASK, 3), (SUMMARISE, 2)])
def test_a_customer_does_not_wait_long_for_a_model(call: Call, most: int) -> None:
    made = attempts(call)
    assert len(made) == most
    assert made[-1] - made[0] < 12 * S


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        (0 * S, 0.5 * S, 2 * S),
        (30 * S, 30 * S, 30 * S),
        (timedelta(minutes=20), timedelta(minutes=20), timedelta(minutes=20)),
        (timedelta(days=9), LONGEST_ASKED, LONGEST_ASKED),
    ],
)
def test_retry_after_is_honoured_up_to_an_hour(
    asked: timedelta, least: timedelta, most: timedelta
) -> None:
    found = after(Transient("429", retry_after=asked, status=429), SEND, 1, T0, T0)
    assert isinstance(found, Again)
    assert least <= found.at - T0 <= most


def test_a_model_that_asks_for_a_long_wait_is_given_up_on() -> None:
    found = after(Transient("429", retry_after=60 * S), ASK, 1, T0, T0)
    assert isinstance(found, GiveUp)
