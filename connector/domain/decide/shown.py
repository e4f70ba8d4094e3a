"""Who has the customer, for a channel with an inbox of its own: told whenever it becomes another."""

from __future__ import annotations

from connector.domain.conversation import (
    Conversation,
    Ended,
    HandingOff,
    Outcome,
    Solved,
    WithAgent,
)
from connector.domain.decide.decision import Decision
from connector.domain.effects import ShowHolder, Who
from connector.domain.events import Event
from connector.domain.policy import Policy


def shown(before: Conversation, event: Event, decision: Decision, policy: Policy) -> Decision:
    """With the order to show it behind all else: the closing words come before the closing."""
    after = decision.conversation
    who = _who(after)
    if not policy.shows_holder or not after.thread or who is None:
        return decision
    # With the bot from the beginning: what nobody has touched needs no change.
    if _who(before) in (who, None) and (who is not Who.PERSON or _same(before, after)):
        return decision
    key = f"{after.id}:holder:{who.value}:{after.thread}:{event.at.isoformat()}"
    ticket = after.holder.desk.ticket if isinstance(after.holder, WithAgent) else None
    return decision.then(ShowHolder(key, after.thread, who, ticket))


def _same(before: Conversation, after: Conversation) -> bool:
    """A customer who goes on in another thread is with the same person there."""
    return isinstance(before.holder, WithAgent) and before.thread == after.thread


def _who(conversation: Conversation) -> Who | None:
    match conversation.holder:
        case WithAgent():
            return Who.PERSON
        case Solved() | Ended(Outcome.AGENT_RESOLVED):
            return Who.DONE
        case HandingOff() | Ended(Outcome.BOT_RESOLVED | Outcome.ABANDONED | Outcome.OPTED_OUT):
            return None
        case _:
            return Who.BOT
