"""What the customer did not get is sent again: by an agent's tag, or by an operator's order."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from connector.domain.conversation import (
    Author,
    Conversation,
    Delivery,
    Desk,
    Ended,
    HandingOff,
    Message,
    Solved,
    WithAgent,
    WithBot,
)
from connector.domain.decide.decision import OPTED_OUT, Decision, note, sending
from connector.domain.decide.desks import obeyed
from connector.domain.policy import Policy

# Where nobody can tell whether it arrived, who asks for it takes the risk.
_MISSING = frozenset({Delivery.FAILED, Delivery.SUPPRESSED, Delivery.UNKNOWN})


def missing(conversation: Conversation) -> tuple[Message, ...]:
    """What may be sent again, in order: the words of whoever has the conversation, or had it last.

    Once a person has it the bot says nothing more, and the connector's own texts may be untrue by now.
    """
    match conversation.holder:
        case WithBot():
            author = Author.BOT
        case WithAgent() | Solved() | Ended():
            author = Author.AGENT
        case HandingOff():
            return ()
        case unknown:
            assert_never(unknown)
    said = (m for m in conversation.messages if m.author is author)
    return tuple(m for m in said if m.delivery in _MISSING)


def resend(decision: Decision, desk: Desk, policy: Policy) -> tuple[Decision, Desk]:
    """By the agent's tag, which is taken off; a note says how many."""
    decision, desk = obeyed(decision, desk, "resend", policy.steering.resend)
    key = f"{decision.conversation.id}:resent:{desk.ticket}:{desk.reads}"
    return all_missing(decision, desk, key, "Sending again"), desk


def all_missing(decision: Decision, desk: Desk | None, key: str, title: str) -> Decision:
    """All that is missing; where agents are concerned, `desk`, they read what is done."""
    conversation = decision.conversation
    if conversation.opted_out:
        html = f"<p><b>Nothing was sent again: {OPTED_OUT}.</b></p>"
        return note(decision, desk, key, html) if desk else decision
    found = missing(conversation)
    for message in found:
        decision = again(decision, message)
    if desk is None:
        return decision
    count = len(found)
    messages = "1 message" if count == 1 else f"{count} messages"
    html = f"<p>{title}: {messages}.</p>" if count else "<p>There is nothing to send again.</p>"
    return note(decision, desk, key, html)


def again(decision: Decision, message: Message, *, window_closed: bool = False) -> Decision:
    """Queued once more, as another sending than the one before."""
    message = replace(message, delivery=Delivery.QUEUED, why="", resends=message.resends + 1)
    conversation = decision.conversation.change(message)
    send = replace(sending(conversation, message), window_closed=window_closed)
    return decision.now(conversation).then(send)
