"""A ticket that was solved before: an agent may write there again, and then a human is talking."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.conversation import (
    Conversation,
    Desk,
    Episode,
    HandingOff,
    Solved,
    WithAgent,
    WithBot,
)
from connector.domain.decide import merged
from connector.domain.decide.decision import Decision, read, withdraw_bot
from connector.domain.decide.desks import resumed
from connector.domain.decide.ending import wait_for_reply
from connector.domain.decide.hand_over import add_transcript
from connector.domain.decide.mirror import take
from connector.domain.decide.resend import resend
from connector.domain.effects import AddComment
from connector.domain.events import TicketChanged, TicketGone, TicketRead
from connector.domain.handoff.base import Trigger
from connector.domain.ids import TicketId
from connector.domain.policy import Policy
from connector.domain.tickets import CommentDraft, TicketStatus

News = TicketChanged | TicketRead | TicketGone


def concerns(conversation: Conversation, event: News) -> bool:
    """Whether the news is not of the ticket that has the conversation now."""
    holder = conversation.holder
    if not isinstance(holder, WithAgent | Solved):
        return True
    return holder.desk.ticket != _ticket(event)


def _ticket(event: News) -> TicketId:
    return event.changes.ticket if isinstance(event, TicketRead) else event.ticket


def decide(decision: Decision, event: News, policy: Policy) -> Decision:
    ticket = _ticket(event)
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
    believed, changes, steering = desk.believed, event.changes, policy.steering
    decision, desk, spoke = take(decision, desk, event, policy)
    desk = replace(desk, stale=False)
    if changes.merged_into is not None:
        decision = decision.now(decision.conversation.drop_past(desk.ticket))
        if decision.conversation.desk_of(changes.merged_into) is not None:
            return decision  # merged into one that this conversation knows
        decision, desk = merged.move(decision, desk, changes, event.at)
        return _keep(decision, desk)
    obeys = believed and changes.status is not TicketStatus.CLOSED  # whose tags no one can change
    if obeys and steering.resend in changes.tags:
        decision, desk = resend(decision, desk, policy)
    desk = replace(desk, paused=steering.pause in changes.tags)
    if obeys and steering.hand_back in changes.tags:
        decision, desk = resumed(decision, desk, steering)  # the bot has it, or another ticket
    elsewhere = isinstance(decision.conversation.holder, HandingOff | WithAgent | Solved)
    if elsewhere or not (believed and _takes_over(desk, changes.status, spoke=spoke)):
        return _keep(decision, desk)
    if isinstance(decision.conversation.holder, WithBot):
        decision = withdraw_bot(decision)
    return _take_over(decision, desk, event, policy)


def _takes_over(desk: Desk, status: TicketStatus, *, spoke: bool) -> bool:
    """An agent wrote to the customer on an open ticket, or silences the bot by the pause tag."""
    return status is not TicketStatus.CLOSED and (
        desk.paused or (spoke and status is TicketStatus.OPEN)
    )


def _take_over(decision: Decision, desk: Desk, event: TicketRead, policy: Policy) -> Decision:
    """The conversation is the agent's."""
    conversation = decision.conversation
    episode = conversation.episode
    fresh = isinstance(conversation.holder, WithBot)
    # The same episode, if it is only over, goes on: it keeps its trigger, its outcome comes later.
    going_on = replace(episode, outcome=None, ended_at=None)
    episode = _operator(episode, desk, event) if fresh else going_on
    conversation = replace(conversation.drop_past(desk.ticket), episode=episode, survey=None)
    decision = decision.now(conversation)
    is_open = event.changes.status is TicketStatus.OPEN
    if fresh:
        decision = add_transcript(decision, desk, conversation.seq, "", policy)
        if not is_open:
            decision, desk = _reopened(decision, desk)
    elif not is_open:
        return wait_for_reply(decision, desk, event.at, event.at, policy)
    return decision.held_by(WithAgent(desk, since=event.at, taken_over_at=event.at))


def _reopened(decision: Decision, desk: Desk) -> tuple[Decision, Desk]:
    key = f"{decision.conversation.episode.id}:paused:{desk.ticket}"
    html = "<p>The bot was paused in the middle of this conversation.</p>"
    draft = CommentDraft(key, desk.ticket, html, public=False, reopen=True)
    return decision.then(AddComment(key, draft)), desk.writing(key)


def _operator(episode: Episode, desk: Desk, event: TicketRead) -> Episode:
    return replace(episode, trigger=Trigger.OPERATOR, handed_off_at=event.at, ticket=desk.ticket)
