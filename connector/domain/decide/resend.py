"""By the agent's tag: what an agent wrote and the customer did not get is sent again."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.conversation import Author, Delivery, Desk, Message
from connector.domain.decide.decision import OPTED_OUT, Decision, note, sending
from connector.domain.decide.desks import obeyed
from connector.domain.policy import Policy

# Where nobody can tell whether it arrived, an agent who asks for it takes the risk.
_MISSING = frozenset({Delivery.FAILED, Delivery.SUPPRESSED, Delivery.UNKNOWN})


def resend(decision: Decision, desk: Desk, policy: Policy) -> tuple[Decision, Desk]:
    """In order; a note says how many. The connector's own texts may be untrue by now: not again."""
    decision, desk = obeyed(decision, desk, "resend", policy.steering.resend)
    conversation = decision.conversation
    missing = [
        m for m in conversation.messages if m.author is Author.AGENT and m.delivery in _MISSING
    ]
    key = f"{conversation.id}:resent:{desk.ticket}:{desk.reads}"
    if conversation.opted_out:
        html = f"<p><b>Nothing was sent again: {OPTED_OUT}.</b></p>"
        return note(decision, desk, key, html), desk
    for message in missing:
        decision = again(decision, message)
    count = len(missing)
    messages = "1 message" if count == 1 else f"{count} messages"
    html = (
        f"<p>Sending again: {messages}.</p>" if count else "<p>There is nothing to send again.</p>"
    )
    return note(decision, desk, key, html), desk


def again(decision: Decision, message: Message, *, window_closed: bool = False) -> Decision:
    """Queued once more, as another sending than the one before."""
    message = replace(message, delivery=Delivery.QUEUED, why="", resends=message.resends + 1)
    conversation = decision.conversation.change(message)
    send = replace(sending(conversation, message), window_closed=window_closed)
    return decision.now(conversation).then(send)
