"""The episode is over: the next message begins a new one, with the bot."""

from __future__ import annotations

from typing import assert_never

from connector.domain import events as e
from connector.domain.decide import past_desk, with_bot
from connector.domain.decide.again import again_from
from connector.domain.decide.decision import NO_MORE_COMMENTS, Decision
from connector.domain.policy import Policy


def decide(decision: Decision, event: e.Event, policy: Policy) -> Decision:
    match event:
        case e.CustomerMessaged():
            fresh = decision.now(decision.conversation.next_episode())
            return with_bot.customer_messaged(fresh, event, policy)
        case e.TicketChanged() | e.TicketRead() | e.TicketGone():
            return past_desk.decide(decision, event, policy)
        case e.CommentRefused():
            message = decision.conversation.find(event.message) if event.message else None
            if message is None or event.code not in NO_MORE_COMMENTS:
                return decision
            return again_from(decision, message.seq, event, policy)
        case (
            e.TimerFired()
            | e.BotAnswered()
            | e.BotFailed()
            | e.Summarised()
            | e.SummaryFailed()
            | e.TicketOpened()
            | e.TicketRefused()
            | e.CommentAdded()
            | e.CustomerConsented()
            | e.ReceiptArrived()
            | e.MessageSent()
            | e.DeliveryFailed()
            | e.DeliveryUnknown()
            | e.HandoffOrdered()
        ):
            return decision
        case unknown:
            assert_never(unknown)
