"""A ticket that was solved before: an agent may write there again, and then a human is talking."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.conversation import Desk, Ended, Episode, HandingOff, WithAgent, WithBot
from connector.domain.decide.decision import Decision, read, withdraw_bot
from connector.domain.decide.hand_over import add_transcript
from connector.domain.decide.mirror import take
from connector.domain.events import TicketChanged, TicketGone, TicketRead
from connector.domain.handoff.base import Trigger
from connector.domain.policy import Policy
from connector.domain.tickets import TicketStatus

News = TicketChanged | TicketRead | TicketGone


def decide(decision: Decision, event: News, policy: Policy) -> Decision:
    ticket = event.changes.ticket if isinstance(event, TicketRead) else event.ticket
    desk = decision.conversation.desk_of(ticket)
    if desk is None:
        return decision
    match event:
        case TicketChanged():
            decision, desk = read(decision, desk)
            return _keep(decision, desk)
        case TicketGone():
            return decision.now(decision.conversation.drop_past(ticket))
        case TicketRead():
            return _read(decision, desk, event, policy)


def _keep(decision: Decision, desk: Desk) -> Decision:
    return decision.now(decision.conversation.keep_past(desk))


def _read(decision: Decision, desk: Desk, event: TicketRead, policy: Policy) -> Decision:
    reopened = event.changes.status is TicketStatus.OPEN
    if reopened and isinstance(decision.conversation.holder, WithBot):
        decision = withdraw_bot(decision)
    decision, desk, spoke = take(decision, desk, event, policy)
    elsewhere = isinstance(decision.conversation.holder, HandingOff | WithAgent)
    if elsewhere or not (reopened and spoke):
        return _keep(decision, desk)
    return _take_over(decision, desk, event, policy)


def _take_over(decision: Decision, desk: Desk, event: TicketRead, policy: Policy) -> Decision:
    """The agent wrote to the customer on a ticket that is open again: the conversation is theirs."""
    conversation = decision.conversation
    episode = conversation.episode
    if isinstance(conversation.holder, Ended):
        # The same episode goes on: it keeps its trigger and gets its one outcome later.
        episode = replace(episode, outcome=None, ended_at=None)
    else:
        episode = _operator(episode, desk, event)
    conversation = replace(
        conversation.drop_past(desk.ticket),
        episode=episode,
        holder=WithAgent(desk, since=event.at, taken_over_at=event.at),
    )
    fresh = isinstance(decision.conversation.holder, WithBot)
    decision = decision.now(conversation)
    return add_transcript(decision, desk, conversation.seq, "", policy) if fresh else decision


def _operator(episode: Episode, desk: Desk, event: TicketRead) -> Episode:
    return replace(episode, trigger=Trigger.OPERATOR, handed_off_at=event.at, ticket=desk.ticket)
