"""Short ways to write down a conversation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connector.domain.turns import BotRequest, Line, SummaryRequest

START = datetime(2026, 11, 24, 3, 15, tzinfo=UTC)


def line(number: int, speaker: str, text: str, note: str = "") -> Line:
    return Line(number, speaker, text, START + timedelta(seconds=number), note)


def lines(*told: tuple[str, str]) -> tuple[Line, ...]:
    return tuple(line(number, *each) for number, each in enumerate(told, 1))


def asks(*told: tuple[str, str], answered: int = 0) -> BotRequest:
    return BotRequest(lines(*told), answered)


QUESTION = asks(("customer", "When do you open?"))
HANDOVER = SummaryRequest(
    (
        line(3, "customer", "I want my money back\nfor the lamp"),
        line(4, "bot", "Which order?"),
    ),
    trigger="explicit_request",
    quote="my money back",
)
