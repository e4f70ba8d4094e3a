"""(conversation, event, policy) -> Decision(conversation, effects): pure, and all of it.

What concerns a single message (sent, failed, receipts) or the customer's consent is the same
whoever holds the conversation; for the rest each holder has a module whose `match` names every
event.
"""

from __future__ import annotations

from connector.domain import events as e
from connector.domain.conversation import (
    Conversation,
    Ended,
    HandingOff,
    Solved,
    WithAgent,
    WithBot,
)
from connector.domain.decide import (
    attached,
    consent,
    decision,
    delivery,
    desks,
    ended,
    handing_off,
    ordered,
    outlook,
    past_desk,
    reports,
    solved,
    with_agent,
    with_bot,
)
from connector.domain.decide.decision import Decision
from connector.domain.decide.shown import shown
from connector.domain.policy import Policy

__all__ = ["Decision", "decide"]


def decide(conversation: Conversation, event: e.Event, policy: Policy) -> Decision:
    """What becomes of the conversation and what is to be done, given what happened."""
    return shown(conversation, event, _decided(conversation, event, policy), policy)


def _decided(conversation: Conversation, event: e.Event, policy: Policy) -> Decision:
    now = Decision(conversation)
    event = consent.meant(conversation, event)
    match event:
        case e.MessageSent() | e.DeliveryFailed() | e.DeliveryUnknown() | e.ReceiptArrived():
            return delivery.decide(now, event, policy)
        case e.CustomerConsented():
            return consent.decide(now, event, policy)
        case e.CommentAdded():
            return attached.told(desks.done(now, event), event)
        case e.TagsRemoved() | e.TagsRefused():
            return desks.done(now, event)
        case e.CommentRefused():
            now = desks.done(now, event)
        case e.Redacted():
            return now  # of a forgotten customer: nothing follows
        case e.TimerFired(name=decision.REPORT):
            return reports.tell(now)
        case e.HandBackOrdered() | e.ResendOrdered():
            return ordered.decide(now, event, policy)
        case e.Summarised():
            now = outlook.about(now, event, policy)
        case _:
            pass  # the holder's
    return _by_holder(now, event, policy)


def _by_holder(now: Decision, event: e.ByHolder, policy: Policy) -> Decision:
    if isinstance(event, past_desk.News) and past_desk.concerns(now.conversation, event):
        return past_desk.decide(now, event, policy)
    match now.conversation.holder:
        case WithBot() as holder:
            return with_bot.decide(now, holder, event, policy)
        case HandingOff() as holder:
            return handing_off.decide(now, holder, event, policy)
        case WithAgent() as holder:
            return with_agent.decide(now, holder, event, policy)
        case Solved() as holder:
            return solved.decide(now, holder, event, policy)
        case Ended():
            return ended.decide(now, event, policy)
