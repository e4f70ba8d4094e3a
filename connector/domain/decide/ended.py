"""The episode is over: the next message begins a new one, with the bot."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from connector.domain import events as e
from connector.domain.conversation import Message, WithBot
from connector.domain.decide import survey, with_bot
from connector.domain.decide.again import again_from
from connector.domain.decide.decision import NO_MORE_COMMENTS, Decision
from connector.domain.decide.reports import tell
from connector.domain.policy import Policy


def decide(decision: Decision, event: e.ByHolder, policy: Policy) -> Decision:
    match event:
        case e.CustomerMessaged():
            return _messaged(decision, event, policy)
        case e.CommentRefused():
            return _refused(decision, event, policy)
        case (
            e.TicketChanged()
            | e.TicketRead()
            | e.TicketGone()
            | e.TimerFired()
            | e.BotAnswered()
            | e.BotFailed()
            | e.Summarised()
            | e.SummaryFailed()
            | e.TicketOpened()
            | e.TicketRefused()
            | e.CommentAdded()
            | e.TagsRemoved()
            | e.TagsRefused()
            | e.CustomerConsented()
            | e.ReceiptArrived()
            | e.MessageSent()
            | e.DeliveryFailed()
            | e.DeliveryUnknown()
            | e.HolderShown()
            | e.HandoffOrdered()
            | e.HandBackOrdered()
            | e.ResendOrdered()
        ):
            return decision
        case unknown:
            assert_never(unknown)


def _refused(decision: Decision, event: e.CommentRefused, policy: Policy) -> Decision:
    message = decision.conversation.find(event.message) if event.message else None
    if message is None or event.code not in NO_MORE_COMMENTS:
        return decision
    if message in decision.conversation.earlier:
        return _begun_with(decision, message, event, policy)
    return again_from(decision, message.seq, event.at, policy)


def _messaged(decision: Decision, event: e.CustomerMessaged, policy: Policy) -> Decision:
    answered = survey.answered(decision, event, policy)
    if answered is not None:
        return answered
    decision = tell(decision)
    fresh = decision.now(decision.conversation.next_episode(event.at))
    return with_bot.customer_messaged(fresh, event, policy)


def _begun_with(
    decision: Decision, message: Message, event: e.CommentRefused, policy: Policy
) -> Decision:
    """A new episode for the one message that an earlier ticket did not take."""
    decision = tell(decision)
    fresh = decision.conversation.next_episode()
    episode = replace(fresh.episode, started_at=message.at)
    moved = replace(message, episode=episode.number)
    holder = WithBot(answered=message.seq - 1)
    fresh = replace(fresh, episode=episode, messages=(moved,), holder=holder)
    return with_bot.heard(decision.now(fresh), event.at, policy)
