"""(conversation, event, policy) -> Decision(conversation, effects): pure, and all of it.

What concerns a single message (sent, failed, receipts) or the customer's consent is the same
whoever holds the conversation; for the rest each holder has a module whose `match` names every
event.
"""

from __future__ import annotations

from connector.domain import events as e
from connector.domain.conversation import Conversation, Ended, HandingOff, WithAgent, WithBot
from connector.domain.decide import (
    attached,
    consent,
    delivery,
    ended,
    handing_off,
    with_agent,
    with_bot,
)
from connector.domain.decide.decision import Decision
from connector.domain.policy import Policy

__all__ = ["Decision", "decide"]


def decide(conversation: Conversation, event: e.Event, policy: Policy) -> Decision:
    """What becomes of the conversation and what is to be done, given what happened."""
    now = Decision(conversation)
    match event:
        case e.MessageSent() | e.DeliveryFailed() | e.DeliveryUnknown() | e.ReceiptArrived():
            return delivery.decide(now, event)
        case e.CustomerConsented():
            return consent.decide(now, event)
        case e.CommentAdded():
            return attached.told(now, event)
    match conversation.holder:
        case WithBot() as holder:
            return with_bot.decide(now, holder, event, policy)
        case HandingOff() as holder:
            return handing_off.decide(now, holder, event, policy)
        case WithAgent() as holder:
            return with_agent.decide(now, holder, event, policy)
        case Ended():
            return ended.decide(now, event, policy)
