"""A handoff is decided and the ticket is on its way: the bot is silent, nobody is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from connector.domain import events as e
from connector.domain import first_note
from connector.domain.conversation import HandingOff, WithAgent
from connector.domain.decide.decision import (
    DELAYED,
    REOPEN,
    SUMMARY,
    Decision,
    hear,
    note,
    say_fixed,
)
from connector.domain.decide.hand_over import draft_ticket, ticket_opened
from connector.domain.decide.late import brought_along
from connector.domain.effects import SetTimer
from connector.domain.policy import Policy


def decide(decision: Decision, holder: HandingOff, event: e.ByHolder, policy: Policy) -> Decision:
    ours = decision.conversation.episode.id
    match event:
        case e.CustomerMessaged():
            return hear(decision, event)
        case e.Summarised():
            return _summarised(decision, holder, event, policy)
        case e.SummaryFailed():
            missed = event.episode == ours and holder.upto is None
            return draft_ticket(decision, holder, None, policy) if missed else decision
        case e.TimerFired():
            return _timer(decision, holder, event, policy)
        case e.TicketOpened():
            return _opened(decision, holder, event, policy) if event.episode == ours else decision
        case e.TicketRefused():
            return _refused(decision, holder, event, policy) if event.episode == ours else decision
        case e.CommentRefused():
            return brought_along(decision, event) or decision
        case (
            e.TicketChanged()
            | e.TicketRead()
            | e.TicketGone()
            | e.BotAnswered()
            | e.BotFailed()
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


def _summarised(
    decision: Decision, holder: HandingOff, event: e.Summarised, policy: Policy
) -> Decision:
    if event.episode != decision.conversation.episode.id:
        return decision
    if holder.upto is None:
        return draft_ticket(decision, holder, event.summary, policy)
    # Too late for the ticket's first note; it follows as a note of its own.
    return decision.held_by(replace(holder, late_summary=event.summary))


def _timer(decision: Decision, holder: HandingOff, event: e.TimerFired, policy: Policy) -> Decision:
    if event.name == SUMMARY and holder.upto is None:
        return draft_ticket(decision, holder, None, policy)
    if event.name == DELAYED and not holder.told_delay:
        decision = decision.held_by(replace(holder, told_delay=True))
        return say_fixed(decision, "handoff_delayed", event.at, policy)
    if event.name == REOPEN:
        return draft_ticket(decision, holder, holder.summary or holder.late_summary, policy)
    return decision


def _refused(
    decision: Decision, holder: HandingOff, event: e.TicketRefused, policy: Policy
) -> Decision:
    """First without the channel's mapping, at once; then again and again: somebody has to mend it."""
    holder = replace(holder, refusals=holder.refusals + 1)
    decision = decision.held_by(holder)
    if holder.refusals == 1:
        return draft_ticket(decision, holder, holder.summary or holder.late_summary, policy)
    return decision.then(SetTimer(REOPEN, event.at + policy.ticket_retry))


def _opened(
    decision: Decision, holder: HandingOff, event: e.TicketOpened, policy: Policy
) -> Decision:
    decision = ticket_opened(decision, holder, event, policy)
    now = decision.conversation.holder
    if holder.late_summary is None or not isinstance(now, WithAgent):
        return decision
    known = frozenset(m.seq for m in decision.conversation.messages)
    html = first_note.summary_html(holder.late_summary, policy.mask, known)
    return note(decision, now.desk, f"{decision.conversation.episode.id}:summary_note", html)
