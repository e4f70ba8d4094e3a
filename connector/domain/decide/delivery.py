"""What became of a message to the customer: the same whoever holds the conversation."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from connector.domain.conversation import Author, Conversation, Delivery, EarlyReceipt, Message
from connector.domain.decide import resend
from connector.domain.decide.consent import opt_out
from connector.domain.decide.decision import Decision, tell_agent
from connector.domain.events import (
    DeliveryFailed,
    DeliveryUnknown,
    MessageSent,
    ReceiptArrived,
)
from connector.domain.policy import Policy

# Providers deliver receipts in any order: a message's state only moves forward.
RANK = {
    Delivery.QUEUED: 0,
    Delivery.CANCELLED: 1,  # if it was on its way all the same, the receipt is the truth
    Delivery.UNKNOWN: 1,
    Delivery.SENT: 2,
    Delivery.DELIVERED: 3,
    Delivery.READ: 4,
}
STATES = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "failed": Delivery.FAILED,
}
# The carrier's own word that the customer opted out (Twilio 21610).
OPTED_OUT_CODES = frozenset({"21610"})
# Free text was refused: the customer has not written for long (Twilio, WhatsApp).
WINDOW_CODES = frozenset({"63016", "131047", "470"})
EARLY_RECEIPTS = 20

Fate = MessageSent | DeliveryFailed | DeliveryUnknown | ReceiptArrived


def decide(decision: Decision, event: Fate, policy: Policy) -> Decision:
    conversation = decision.conversation
    match event:
        case MessageSent():
            message = conversation.find(event.message)
            return decision if message is None else _sent(decision, message, event, policy)
        case DeliveryFailed():
            message = conversation.find(event.message)
            if message is None:
                return decision
            return _failed(decision, message, event, policy)
        case DeliveryUnknown():
            message = conversation.find(event.message)
            if message is None:
                return decision
            changed = replace(message, delivery=Delivery.UNKNOWN, why=event.reason)
            return tell_agent(decision.now(conversation.change(changed)), changed, event.at)
        case ReceiptArrived():
            message = conversation.find_external(event.external)
            if message is None:
                return _keep(decision, event)
            return _received(decision, message, event, policy)
        case unknown:
            assert_never(unknown)


def _sent(decision: Decision, message: Message, event: MessageSent, policy: Policy) -> Decision:
    changed = replace(message, external=(*message.external, event.external), why="")
    # What had failed for good was sent again by an operator.
    again = message.delivery is Delivery.FAILED
    if again or RANK.get(message.delivery, 9) < RANK[Delivery.SENT]:
        changed = replace(changed, delivery=Delivery.SENT)
    conversation = decision.conversation.change(changed)
    early = [r for r in conversation.early_receipts if r.external == event.external]
    rest = tuple(r for r in conversation.early_receipts if r.external != event.external)
    decision = decision.now(replace(conversation, early_receipts=rest))
    for receipt in early:
        current = decision.conversation.find(event.message) or changed
        late = ReceiptArrived(
            event.at, receipt.external, receipt.status, receipt.code, receipt.meaning
        )
        decision = _received(decision, current, late, policy)
    return decision


def _keep(decision: Decision, event: ReceiptArrived) -> Decision:
    """It may have overtaken the answer to our own call; then that answer will ask for it."""
    early = EarlyReceipt(event.external, event.status, event.code, event.meaning)
    kept = (*decision.conversation.early_receipts, early)[-EARLY_RECEIPTS:]
    return decision.now(replace(decision.conversation, early_receipts=kept))


def _received(
    decision: Decision, message: Message, event: ReceiptArrived, policy: Policy
) -> Decision:
    state = STATES.get(event.status)
    if state is None or message.delivery is Delivery.FAILED or _superseded(message, event):
        return decision
    if state is Delivery.FAILED:
        return _failed(decision, message, event, policy)
    if RANK[state] <= RANK.get(message.delivery, 9):
        return decision
    return decision.now(decision.conversation.change(replace(message, delivery=state)))


def _superseded(message: Message, event: ReceiptArrived) -> bool:
    """About a sending that failed before an agent had the message sent again."""
    before = message.delivery is Delivery.QUEUED or event.external != message.external[-1]
    return message.resends > 0 and before


def _failed(
    decision: Decision,
    message: Message,
    event: DeliveryFailed | ReceiptArrived,
    policy: Policy,
) -> Decision:
    if event.code in WINDOW_CODES and _fits_a_template(decision.conversation, message, policy):
        return resend.again(decision, message, window_closed=True)
    why = event.meaning or f"error {event.code}"
    changed = replace(message, delivery=Delivery.FAILED, why=why)
    decision = decision.now(decision.conversation.change(changed))
    if event.code in OPTED_OUT_CODES:
        decision = opt_out(decision, event.at)
    return tell_agent(decision, changed, event.at)


def _fits_a_template(conversation: Conversation, message: Message, policy: Policy) -> bool:
    """The window was closed already, though it looked open from here: once more, in a template.

    An agent's words only: what the bot or we said may be untrue by now.
    """
    window = policy.window(conversation.address)
    if window is None or conversation.opted_out or message.resends or message.media:
        return False
    if message.author is not Author.AGENT:
        return False
    return len(message.text) <= window.max_text
