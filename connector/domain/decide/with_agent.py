"""An agent has the conversation: the connector mirrors, the bot is silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from connector.domain import events as e
from connector.domain import first_note, transcript
from connector.domain.conversation import Desk, Outcome, WithAgent
from connector.domain.decide import merged
from connector.domain.decide.again import again_from
from connector.domain.decide.decision import (
    BURIED,
    NO_MORE_COMMENTS,
    WAITING,
    Decision,
    hear,
    is_desk,
    is_open,
    note,
    read,
    say_fixed,
)
from connector.domain.decide.ending import hand_back, over, solve
from connector.domain.decide.hand_over import carried, mirror
from connector.domain.decide.mirror import take
from connector.domain.decide.resend import resend
from connector.domain.effects import AddComment, StopTimer
from connector.domain.policy import Policy
from connector.domain.tickets import CommentDraft, TicketStatus


def decide(decision: Decision, holder: WithAgent, event: e.ByHolder, policy: Policy) -> Decision:
    match event:
        case e.CustomerMessaged():
            return _customer_messaged(hear(decision, event), holder, policy)
        case e.TicketChanged():
            decision, desk = read(decision, holder.desk)
            return decision.held_by(replace(holder, desk=desk))
        case e.TicketRead():
            return _read(decision, holder, event, policy)
        case e.TicketGone():
            return _over(decision, holder, Outcome.RELEASED, event.at, policy)
        case e.CommentRefused():
            return _refused(decision, holder, event, policy)
        case e.Summarised():
            return late_summary(decision, holder.desk, event, policy)
        case e.TimerFired():
            return _waited(decision, holder, event)
        case (
            e.BotAnswered()
            | e.BotFailed()
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


def _customer_messaged(decision: Decision, holder: WithAgent, policy: Policy) -> Decision:
    """A ticket that waits becomes open: agents look for what is theirs to do among the open ones."""
    message, desk = decision.conversation.messages[-1], holder.desk
    decision = mirror(decision, desk, message, policy, reopen=desk.waiting)
    if not desk.waiting:
        return decision
    desk = replace(desk.writing(f"{message.id}:comment"), waiting=False)
    return decision.held_by(replace(holder, desk=desk))


def _read(decision: Decision, holder: WithAgent, event: e.TicketRead, policy: Policy) -> Decision:
    """Comments first, in order; then what the ticket's state says (A36)."""
    believed = holder.desk.believed
    decision, desk, spoke = take(decision, holder.desk, event, policy)
    if spoke:
        decision = decision.then(StopTimer(WAITING))
    taken_over = holder.taken_over_at or (event.at if spoke else None)
    holder = replace(holder, desk=replace(desk, stale=False), taken_over_at=taken_over)
    decision = decision.held_by(holder)
    decision = _follow(decision, holder, event, policy) if believed else decision
    return _told_to_wait(decision, event.at, policy)


def _follow(decision: Decision, holder: WithAgent, event: e.TicketRead, policy: Policy) -> Decision:
    """What the agent ordered by tags and status."""
    changes, steering, at = event.changes, policy.steering, event.at
    if changes.merged_into is not None:
        return _merged(decision, holder, event, policy)
    if steering.resend in changes.tags and changes.status is not TicketStatus.CLOSED:
        decision, desk = resend(decision, holder.desk, policy)
        holder = replace(holder, desk=desk)
    desk = replace(holder.desk, paused=steering.pause in changes.tags, waiting=changes.waiting)
    holder = replace(holder, desk=desk)
    decision = decision.held_by(holder)
    if changes.status is TicketStatus.CLOSED or holder.unplaced:
        return _over(decision, holder, Outcome.AGENT_RESOLVED, at, policy)
    solved = changes.status is TicketStatus.SOLVED
    if steering.hand_back in changes.tags:
        decision, seq = hand_back(decision, holder, solved=solved, at=at, policy=policy)
        return decision if seq is None else again_from(decision, seq, at, policy)
    return solve(decision, holder.desk, at, policy) if solved else decision


def _merged(decision: Decision, holder: WithAgent, event: e.TicketRead, policy: Policy) -> Decision:
    """The link moves, and what the old ticket refused goes into the new one."""
    decision, desk = merged.move(decision, holder.desk, event.changes, event.at)
    conversation = merged.linked_to(decision.conversation, desk)
    decision = merged.tell_target(decision.now(conversation), desk)
    for message in conversation.messages:
        if message.seq in holder.unplaced:
            decision = mirror(decision, desk, message, policy, moved=True)
    return decision.held_by(replace(holder, desk=desk, unplaced=()))


def _over(
    decision: Decision, holder: WithAgent, outcome: Outcome, at: datetime, policy: Policy
) -> Decision:
    decision = over(decision, holder.desk, outcome, at)
    if not holder.unplaced:
        return decision
    return again_from(decision, min(holder.unplaced), at, policy)


def _refused(
    decision: Decision, holder: WithAgent, event: e.CommentRefused, policy: Policy
) -> Decision:
    message = decision.conversation.find(event.message) if event.message else None
    if not is_desk(holder.desk, event.ticket):
        return placed_here(decision, holder.desk, event, policy)
    if event.code in NO_MORE_COMMENTS:
        lost = carried(decision.conversation, event.key) if message is None else (message.seq,)
        holder = replace(holder, unplaced=(*holder.unplaced, *lost))
        if event.code != "closed":
            return _over(decision, holder, Outcome.RELEASED, event.at, policy)
        # Closed by being merged, perhaps: the ticket itself says so.
        desk = replace(holder.desk, stale=holder.desk.reading)
        decision, desk = read(decision, desk)
        return decision.held_by(replace(holder, desk=desk))
    if message is None or event.code == BURIED:
        return decision  # a note of ours was refused: logged and buried with its attempt
    reason = f"<p><b>The customer wrote (as a note, because: {transcript.escape(event.meaning)}):</b></p>"
    html = reason + "".join(transcript.comment_htmls(message, policy.mask))
    draft = CommentDraft(f"{message.id}:note", event.ticket, html, public=False, reopen=True)
    again = AddComment(draft.key, draft, media=transcript.to_attach(message))
    decision = decision.then(again)
    return decision.held_by(replace(holder, desk=holder.desk.writing(draft.key)))


def placed_here(
    decision: Decision, desk: Desk, event: e.CommentRefused, policy: Policy
) -> Decision:
    """What a ticket of before refused for good: this one was it merged into, or came after it."""
    message = decision.conversation.find(event.message) if event.message else None
    if message is None or event.code not in NO_MORE_COMMENTS:
        return decision
    return mirror(decision, desk, message, policy, moved=True)


def late_summary(decision: Decision, desk: Desk, event: e.Summarised, policy: Policy) -> Decision:
    if event.episode != decision.conversation.episode.id:
        return decision
    known = frozenset(m.seq for m in decision.conversation.messages)
    html = first_note.summary_html(event.summary, policy.mask, known)
    return note(decision, desk, f"{event.episode}:summary_note", html)


def _waited(decision: Decision, holder: WithAgent, event: e.TimerFired) -> Decision:
    """Nobody has answered for too long, or we have not heard of it yet: the ticket knows."""
    answered = holder.taken_over_at is not None or holder.told_waiting
    if event.name != WAITING or answered or holder.desk.paused or decision.conversation.opted_out:
        return decision
    decision, desk = read(decision, holder.desk)
    return decision.held_by(replace(holder, desk=desk, overdue=True))


def _told_to_wait(decision: Decision, at: datetime, policy: Policy) -> Decision:
    """One honest update, and the ticket stays (A46)."""
    holder = decision.conversation.holder
    if not isinstance(holder, WithAgent) or not holder.overdue:
        return decision
    answered = holder.taken_over_at is not None or holder.desk.paused
    decision = decision.held_by(replace(holder, overdue=False, told_waiting=not answered))
    if answered or decision.conversation.opted_out:
        return decision
    # Closed meanwhile: then the truth is that the answer comes when people are there again.
    return say_fixed(decision, "waiting" if is_open(policy, at) else "after_hours", at, policy)
