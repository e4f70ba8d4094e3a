"""An alarm -> what a person reads: what is the matter, what that means, where to look.

No customer's words, name or number: what is told leaves the house.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from connector.domain.caps import TICKETS, TOKENS, USD_PER_DAY
from connector.pipeline.notices import CAP_REACHED, HANDOFF
from connector.storage.alarms import DOWN, WAITING, Alarm
from connector.watch.findings import BURIED, JUMP


@dataclass(frozen=True)
class Places:
    """Where a reader can go on. `tickets` by channel; "" where there is no page."""

    dashboard: str  # "https://connector.example.com/ops/"
    tickets: dict[str, str]


@dataclass(frozen=True)
class Telling:
    title: str
    text: str


def told(alarm: Alarm, places: Places) -> Telling:
    sentence = _SENTENCES.get(alarm.kind, _other)
    title, text, page = sentence(alarm)
    lines = [text]
    ticket = alarm.facts.get("ticket")
    if ticket and places.tickets.get(alarm.owner):
        lines.append(f"Ticket: {places.tickets[alarm.owner]}{ticket}")
    if alarm.conversation is not None:
        lines.append(f"Conversation: {places.dashboard}conversations/{alarm.conversation}")
    lines.append(f"Dashboard: {places.dashboard}{page}")
    return Telling(title, "\n".join(lines))


Said = tuple[str, str, str]  # title, text, and the page of the dashboard


def _waiting(alarm: Alarm) -> Said:
    number, minutes = alarm.facts.get("number", "1"), alarm.facts.get("minutes", "?")
    who = "1 customer waits" if number == "1" else f"{number} customers wait"
    return (
        f"{alarm.owner}: {who} for a person",
        f"The longest has waited for {minutes} minutes and nobody has answered.",
        "",
    )


def _down(alarm: Alarm) -> Said:
    return (
        f"{alarm.owner} does not answer",
        f"It failed {alarm.facts.get('failures', '?')} times in a row and is left alone for moments, "
        "then tried again. Nothing is lost: what is for it waits, and customers are told the truth.",
        "",
    )


def _buried(alarm: Alarm) -> Said:
    number = alarm.facts.get("number", "1")
    what = "1 thing was" if number == "1" else f"{number} things were"
    return (
        f"{alarm.owner}: {what} given up on",
        "Look why, then replay or drop it.",
        "buried",
    )


def _cap(alarm: Alarm) -> Said:
    limit, allowed = alarm.facts.get("limit", "?"), alarm.facts.get("allowed", "?")
    day = "Until the day is over everybody is handed over to a person."
    until = {
        USD_PER_DAY: day,
        TOKENS: day,
        TICKETS: "Whoever meets it gets their next ticket later, with all that they wrote meanwhile, and "
        "is told that it takes longer; the others are not concerned.",
    }.get(limit, "Whoever meets it is handed over to a person; the others are not concerned.")
    return f"{alarm.owner}: the limit {limit} is used up ({allowed})", until, ""


def _jump(alarm: Alarm) -> Said:
    rate, usual = alarm.facts.get("rate", "?"), alarm.facts.get("usual", "?")
    return (
        f"{alarm.owner}: handoffs rose to {rate} %",
        f"In the last 24 hours {rate} % of {alarm.facts.get('number', '?')} conversations were handed "
        f"over; in the four weeks before it were {usual} %.",
        "handoffs?by=day",
    )


def _handoff(alarm: Alarm) -> Said:
    trigger = alarm.facts.get("trigger", "").replace("_", " ")
    return (
        f"{alarm.owner}: a customer needs a person ({trigger})",
        "The ticket holds the summary and the whole conversation.",
        "",
    )


def _other(alarm: Alarm) -> Said:
    facts = ", ".join(f"{name} {value}" for name, value in alarm.facts.items() if value)
    return f"{alarm.owner}: {alarm.kind.replace('_', ' ')}", facts or "See the log.", ""


_SENTENCES: dict[str, Callable[[Alarm], Said]] = {
    WAITING: _waiting,
    DOWN: _down,
    BURIED: _buried,
    CAP_REACHED: _cap,
    JUMP: _jump,
    HANDOFF: _handoff,
}
