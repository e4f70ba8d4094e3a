"""An agent has the conversation: the connector mirrors, the bot is silent."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from connector.domain import events as e
from connector.domain import transcript
from connector.domain.conversation import Author, Ended, Outcome, WithAgent
from connector.domain.decide import past_desk
from connector.domain.decide.again import again_from
from connector.domain.decide.decision import (
    BURIED,
    NO_MORE_COMMENTS,
    Decision,
    end,
    hear,
    is_desk,
    note,
    read,
    say_fixed,
)
from connector.domain.decide.hand_over import mirror
from connector.domain.decide.mirror import take
from connector.domain.policy import Policy
from connector.domain.tickets import TicketStatus


def decide(decision: Decision, holder: WithAgent, event: e.Event, policy: Policy) -> Decision:
    match event:
        case e.CustomerMessaged():
            decision = hear(decision, event)
            return mirror(decision, holder.desk, decision.conversation.messages[-1], policy)
        case e.TicketChanged():
            if not is_desk(holder.desk, event.ticket):
                return past_desk.decide(decision, event, policy)
            decision, desk = read(decision, holder.desk)
            return decision.held_by(replace(holder, desk=desk))
        case e.TicketRead():
            return _read(decision, holder, event, policy)
        case e.TicketGone():
            if not is_desk(holder.desk, event.ticket):
                return past_desk.decide(decision, event, policy)
            return _over(decision, holder, Outcome.RELEASED, event)
        case e.CommentRefused():
            return _refused(decision, holder, event, policy)
        case e.Summarised():
            return _late_summary(decision, holder, event, policy)
        case (
            e.TimerFired()
            | e.BotAnswered()
            | e.BotFailed()
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


def _read(decision: Decision, holder: WithAgent, event: e.TicketRead, policy: Policy) -> Decision:
    """Comments first, in order; then what the ticket's state says (A36)."""
    if not is_desk(holder.desk, event.changes.ticket):
        return past_desk.decide(decision, event, policy)
    decision, desk, spoke = take(decision, holder.desk, event, policy)
    taken_over = holder.taken_over_at or (event.at if spoke else None)
    holder = replace(holder, desk=desk, taken_over_at=taken_over)
    decision = decision.held_by(holder)
    if event.changes.status is TicketStatus.OPEN:
        return decision
    decision = say_fixed(decision, "solved", event.at, policy)
    return _over(decision, holder, Outcome.AGENT_RESOLVED, event)


def _over(
    decision: Decision,
    holder: WithAgent,
    outcome: Outcome,
    event: e.TicketRead | e.TicketGone | e.CommentRefused,
) -> Decision:
    decision = end(decision, outcome, event.at)
    conversation = decision.conversation
    said = [m.text for m in conversation.messages if m.author is Author.AGENT]
    conversation = replace(
        conversation,
        holder=Ended(outcome),
        lesson="\n".join(said[-3:]),
    )
    if outcome is Outcome.AGENT_RESOLVED:
        conversation = conversation.keep_past(holder.desk)
    return decision.now(conversation)


def _refused(
    decision: Decision, holder: WithAgent, event: e.CommentRefused, policy: Policy
) -> Decision:
    message = decision.conversation.find(event.message) if event.message else None
    if not is_desk(holder.desk, event.ticket):
        return decision
    if event.code in NO_MORE_COMMENTS:
        outcome = Outcome.AGENT_RESOLVED if event.code == "closed" else Outcome.RELEASED
        decision = _over(decision, holder, outcome, event)
        return decision if message is None else again_from(decision, message.seq, event, policy)
    if message is None or event.code == BURIED:
        return decision  # a note of ours was refused: logged and buried with its attempt
    reason = f"<p><b>The customer wrote (as a note, because: {transcript.escape(event.meaning)}):</b></p>"
    html = reason + transcript.comment_html(message, policy.mask)
    return note(decision, holder.desk, f"{message.id}:note", html)


def _late_summary(
    decision: Decision, holder: WithAgent, event: e.Summarised, policy: Policy
) -> Decision:
    if event.episode != decision.conversation.episode.id:
        return decision
    html = "<h3>Summary</h3>" + transcript.summary_html(event.summary, policy.mask)
    return note(decision, holder.desk, f"{event.episode}:summary_note", html)
