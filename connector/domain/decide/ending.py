"""How a stretch with an agent ends: solved, handed back, or its ticket gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.domain.conversation import Author, Desk, Ended, Outcome, Solved, WithAgent
from connector.domain.decide.decision import (
    GRACE,
    WAITING,
    Decision,
    end,
    say_fixed,
)
from connector.domain.decide.desks import resumed
from connector.domain.decide.reports import tell
from connector.domain.desk import Survey
from connector.domain.effects import SetTimer, StopTimer
from connector.domain.policy import Policy

LESSON = 3  # of an agent's last messages, for the bot to know what was resolved


def solve(decision: Decision, desk: Desk, at: datetime, policy: Policy) -> Decision:
    """The agent is done. The episode is over when the grace is, or never while it is paused."""
    decision = closing_words(decision, at, policy)
    if not (policy.grace or desk.paused):
        return over(decision, desk, Outcome.AGENT_RESOLVED, at)
    decision = tell(decision).then(StopTimer(WAITING))
    return wait_for_reply(decision, desk, since=at, at=at, policy=policy)


def wait_for_reply(
    decision: Decision, desk: Desk, since: datetime, at: datetime, policy: Policy
) -> Decision:
    """Solved, and from now on the grace runs; for as long as the ticket is paused it does not."""
    if desk.paused:
        return decision.held_by(Solved(desk, since, None)).then(StopTimer(GRACE))
    until = at + policy.grace
    return decision.held_by(Solved(desk, since, until)).then(SetTimer(GRACE, until))


def closing_words(decision: Decision, at: datetime, policy: Policy) -> Decision:
    decision = say_fixed(decision, "solved", at, policy)
    conversation = decision.conversation
    episode = conversation.episode
    if policy.survey is None or conversation.opted_out or episode.score is not None:
        return decision
    decision = say_fixed(decision, "csat", at, policy)
    survey = Survey(episode.id, at + policy.survey)
    return decision.now(replace(decision.conversation, survey=survey))


def over(decision: Decision, desk: Desk, outcome: Outcome, at: datetime) -> Decision:
    """The episode has its one outcome; the ticket may still be written on by agents."""
    decision = end(tell(decision), outcome, at).then(StopTimer(WAITING), StopTimer(GRACE))
    conversation = decision.conversation
    said = [m.text for m in conversation.messages if m.author is Author.AGENT and m.text]
    conversation = replace(conversation, holder=Ended(outcome), lesson="\n".join(said[-LESSON:]))
    if outcome is Outcome.RELEASED:
        return decision.now(replace(conversation, survey=None))
    return decision.now(conversation.keep_past(desk))


def hand_back(
    decision: Decision, holder: WithAgent, *, solved: bool, at: datetime, policy: Policy
) -> tuple[Decision, int | None]:
    """By the agent's tag: the bot goes on, at once with what the customer wrote last (its seq)."""
    decision, desk = resumed(decision, holder.desk, policy.steering)
    if solved:
        decision = closing_words(decision, at, policy)
        return over(decision, desk, Outcome.AGENT_RESOLVED, at), None
    waiting = unanswered(decision, holder)
    return over(decision, desk, Outcome.HANDED_BACK, at), waiting


def unanswered(decision: Decision, holder: WithAgent) -> int | None:
    """The customer's first message that neither the transcript nor an agent has dealt with."""
    messages = decision.conversation.messages
    answered = max((m.seq for m in messages if m.author is Author.AGENT), default=0)
    mine = (m for m in messages if m.author is Author.CUSTOMER and m.at >= holder.since)
    return next((m.seq for m in mine if m.seq > max(answered, holder.after)), None)
