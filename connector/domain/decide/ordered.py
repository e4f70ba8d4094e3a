"""What operators order of a conversation that a person has, or had: give it back, send again.

An order speaks of the episode that the operator saw; what is over by now stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.domain.conversation import Desk, Ended, Outcome, Solved, WithAgent
from connector.domain.decide.again import again_from
from connector.domain.decide.decision import Decision, note
from connector.domain.decide.desks import obeyed
from connector.domain.decide.ending import over, unanswered
from connector.domain.decide.resend import all_missing
from connector.domain.events import HandBackOrdered, ResendOrdered
from connector.domain.policy import Policy
from connector.domain.transcript import escape


def decide(decision: Decision, event: HandBackOrdered | ResendOrdered, policy: Policy) -> Decision:
    if event.episode != decision.conversation.episode.id:
        return decision
    match event:
        case HandBackOrdered():
            return _hand_back(decision, event, policy)
        case ResendOrdered():
            return _resend(decision, event)


def _hand_back(decision: Decision, event: HandBackOrdered, policy: Policy) -> Decision:
    """The ticket's agents read of it; the bot goes on with what nobody has answered yet."""
    holder = decision.conversation.holder
    if not isinstance(holder, WithAgent | Solved):
        return decision
    html = (
        f"<p><b>Given back to the bot</b> by {escape(event.account)} on the dashboard. From now on "
        "the bot answers the customer.</p>"
    )
    key = f"{event.episode}:handed_back"
    decision, desk = _not_paused(note(decision, holder.desk, key, html), holder.desk, policy)
    if isinstance(holder, Solved):
        return over(decision, desk, Outcome.AGENT_RESOLVED, event.at)
    waiting = unanswered(decision, holder)
    return _to_the_bot(decision, desk, [*holder.unplaced, waiting], event.at, policy)


def _not_paused(decision: Decision, desk: Desk, policy: Policy) -> tuple[Decision, Desk]:
    if not desk.paused:
        return decision, desk
    decision, desk = obeyed(decision, desk, "resumed", policy.steering.pause)
    return decision, replace(desk, paused=False)


def _to_the_bot(
    decision: Decision, desk: Desk, waiting: list[int | None], at: datetime, policy: Policy
) -> Decision:
    """`waiting`: the numbers of messages from which on nobody has answered."""
    decision = over(decision, desk, Outcome.HANDED_BACK, at)
    known = [seq for seq in waiting if seq is not None]
    return again_from(decision, min(known), at, policy) if known else decision


def _resend(decision: Decision, event: ResendOrdered) -> Decision:
    conversation = decision.conversation
    holder, desk = conversation.holder, None
    if isinstance(holder, WithAgent | Solved):
        desk = holder.desk
    elif isinstance(holder, Ended) and conversation.past_desks:
        desk = conversation.past_desks[-1]
    number = sum(m.resends for m in conversation.messages)
    title = f"Sending again, as {escape(event.account)} ordered on the dashboard"
    return all_missing(decision, desk, f"{event.episode}:resent:{number}", title)
