"""The ticket tells the truth: what did not reach the customer stands there, with the reason.

Not one note a message: what fails for a reason that is new is told within seconds, together with all
that failed meanwhile; what fails for a reason that agents have read about is gathered for minutes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from connector.domain.conversation import NOT_SEEN_BY_CUSTOMER, Delivery, Message
from connector.domain.decide.decision import REPORT, Decision, cause, desk_for, note
from connector.domain.effects import StopTimer
from connector.domain.text import shorten
from connector.domain.transcript import escape

QUOTED = 300  # characters of a message
LISTED = 25  # messages a note


def tell(decision: Decision) -> Decision:
    """All that is untold, into the ticket: a note for each reason, naming every message."""
    conversation = decision.conversation
    if not conversation.untold:
        return decision
    decision = decision.now(replace(conversation, untold=())).then(StopTimer(REPORT))
    found = [m for i in conversation.untold if (m := conversation.find(i)) and _missing(m)]
    for one in dict.fromkeys(cause(m) for m in found):
        same = [m for m in found if cause(m) == one]
        for start in range(0, len(same), LISTED):
            decision = _note(decision, same[start : start + LISTED])
    return decision


def _note(decision: Decision, messages: list[Message]) -> Decision:
    conversation = decision.conversation
    desk = desk_for(conversation, messages[0])
    if desk is None:
        return decision
    number = conversation.reports + 1
    decision = decision.now(replace(conversation, reports=number))
    return note(decision, desk, f"{conversation.id}:unsent:{number}", _html(messages))


def _html(messages: list[Message]) -> str:
    first, several = messages[0], len(messages) > 1
    why = f" ({escape(first.why)})" if first.why else ""
    if first.delivery is Delivery.UNKNOWN:
        these = f"these {len(messages)} messages" if several else "this"
        title = f"It is not certain that {these} reached the customer{why}:"
    else:
        these = f"These {len(messages)} messages" if several else "This"
        title = f"{these} did not reach the customer{why}:"
    return f"<p><b>{title}</b></p>{''.join(_quotes(messages))}"


def _quotes(messages: Iterable[Message]) -> Iterable[str]:
    for message in messages:
        files = ", ".join(media.name for media in message.media)
        text = shorten(message.text or files, QUOTED) or "[attachment]"
        yield f"<blockquote>{escape(text)}</blockquote>"


def _missing(message: Message) -> bool:
    return message.delivery is Delivery.UNKNOWN or message.delivery in NOT_SEEN_BY_CUSTOMER
