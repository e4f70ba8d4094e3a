"""The ticket is solved and the grace runs: a real reply reopens it, thanks does not (A48, A49)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from connector.domain import events as e
from connector.domain.conversation import Desk, Message, Outcome, Solved, WithAgent
from connector.domain.courtesy import is_courtesy
from connector.domain.decide import ended, merged, outlook, survey
from connector.domain.decide.again import again_from
from connector.domain.decide.decision import (
    GRACE,
    NO_MORE_COMMENTS,
    Decision,
    hear,
    is_desk,
    read,
    waits_from,
)
from connector.domain.decide.desks import resumed
from connector.domain.decide.ending import over, wait_for_reply
from connector.domain.decide.hand_over import mirror
from connector.domain.decide.mirror import take
from connector.domain.decide.resend import resend
from connector.domain.decide.with_agent import late_summary, placed_here
from connector.domain.effects import AddComment, StopTimer
from connector.domain.policy import Policy
from connector.domain.tickets import CommentDraft, TicketStatus
from connector.domain.transcript import comment_htmls, to_attach


def decide(decision: Decision, holder: Solved, event: e.ByHolder, policy: Policy) -> Decision:
    match event:
        case e.CustomerMessaged():
            return _customer_messaged(decision, holder, event, policy)
        case e.TimerFired():
            done = event.name == GRACE and holder.until is not None and event.at >= holder.until
            return _resolved(decision, holder, event.at) if done else decision
        case e.TicketChanged():
            decision, desk = read(decision, holder.desk)
            return decision.held_by(replace(holder, desk=desk))
        case e.TicketRead():
            return _read(decision, holder, event, policy)
        case e.TicketGone():
            return over(decision, holder.desk, Outcome.RELEASED, event.at)
        case e.CommentRefused():
            return _refused(decision, holder, event, policy)
        case e.Summarised():
            return late_summary(decision, holder.desk, event, policy)
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


def _resolved(decision: Decision, holder: Solved, at: datetime) -> Decision:
    return over(decision, holder.desk, Outcome.AGENT_RESOLVED, at)


def _customer_messaged(
    decision: Decision, holder: Solved, event: e.CustomerMessaged, policy: Policy
) -> Decision:
    if holder.until is not None and event.at >= holder.until:
        # The timer is only late.
        return ended.decide(_resolved(decision, holder, event.at), event, policy)
    answered = survey.answered(decision, event, policy)
    if answered is not None:
        return answered
    decision = hear(decision, event)
    message = decision.conversation.messages[-1]
    if is_courtesy(event.text) and not event.media:
        return _noted(decision, holder.desk, message, policy)
    decision = mirror(outlook.reopened(decision), holder.desk, message, policy, reopen=True)
    desk = holder.desk.writing(f"{message.id}:comment")
    decision = survey.close(decision).held_by(
        WithAgent(desk, since=event.at, after=message.seq - 1)
    )
    return waits_from(decision.then(StopTimer(GRACE)), event.at, policy)


def _noted(decision: Decision, desk: Desk, message: Message, policy: Policy) -> Decision:
    """As a note: a comment of the requester's could reopen the ticket by the account's own rules."""
    said = "".join(comment_htmls(message, policy.mask))
    html = f"<p>After the ticket was solved the customer wrote:</p>{said}"
    draft = CommentDraft(f"{message.id}:comment", desk.ticket, html, public=False)
    return decision.then(AddComment(draft.key, draft, message.id, to_attach(message)))


def _read(decision: Decision, holder: Solved, event: e.TicketRead, policy: Policy) -> Decision:
    believed = holder.desk.believed
    decision, desk, _ = take(decision, holder.desk, event, policy)
    holder = replace(holder, desk=replace(desk, stale=False))
    decision = decision.held_by(holder)
    return _follow(decision, holder, event, policy) if believed else decision


def _follow(decision: Decision, holder: Solved, event: e.TicketRead, policy: Policy) -> Decision:
    changes, steering, at = event.changes, policy.steering, event.at
    if changes.merged_into is not None:
        decision, desk = merged.move(decision, holder.desk, changes, at)
        decision = decision.now(merged.linked_to(decision.conversation, desk))
        return merged.tell_target(decision.held_by(replace(holder, desk=desk)), desk)
    if changes.status is TicketStatus.CLOSED:
        return _resolved(decision, holder, at)
    desk = replace(holder.desk, paused=steering.pause in changes.tags)
    if steering.resend in changes.tags:
        decision, desk = resend(decision, desk, policy)
    if steering.hand_back in changes.tags:
        decision, desk = resumed(decision, desk, steering)
        return _resolved(decision, replace(holder, desk=desk), at)
    if changes.status is TicketStatus.OPEN:
        # An agent reopened it: nobody waits for an answer, somebody is at it.
        decision = survey.close(outlook.reopened(decision)).then(StopTimer(GRACE))
        return decision.held_by(WithAgent(desk, since=at, taken_over_at=at))
    if desk.paused != (holder.until is None):
        return _paused_or_not(decision, replace(holder, desk=desk), at, policy)
    return decision.held_by(replace(holder, desk=desk))


def _paused_or_not(decision: Decision, holder: Solved, at: datetime, policy: Policy) -> Decision:
    if not (holder.desk.paused or policy.grace):
        return _resolved(decision, holder, at)
    return wait_for_reply(decision, holder.desk, since=holder.since, at=at, policy=policy)


def _refused(
    decision: Decision, holder: Solved, event: e.CommentRefused, policy: Policy
) -> Decision:
    message = decision.conversation.find(event.message) if event.message else None
    if not is_desk(holder.desk, event.ticket):
        return placed_here(decision, holder.desk, event, policy)
    if event.code not in NO_MORE_COMMENTS:
        return decision
    outcome = Outcome.AGENT_RESOLVED if event.code == "closed" else Outcome.RELEASED
    decision = over(decision, holder.desk, outcome, event.at)
    return decision if message is None else again_from(decision, message.seq, event.at, policy)
