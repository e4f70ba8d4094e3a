"""What a ticket no longer took, or an agent gave back, begins a new episode and gets its answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.domain.conversation import WithBot
from connector.domain.decide import with_bot
from connector.domain.decide.decision import Decision
from connector.domain.decide.reports import tell
from connector.domain.policy import Policy


def again_from(decision: Decision, seq: int, at: datetime, policy: Policy) -> Decision:
    """The messages of the ended episode from `seq` on move into a new one, with the bot."""
    decision = tell(decision)
    before = decision.conversation
    moved = tuple(m for m in before.messages if m.seq >= seq)
    if not moved:
        return decision
    conversation = replace(before, messages=tuple(m for m in before.messages if m.seq < seq))
    conversation = conversation.next_episode()
    episode = replace(conversation.episode, started_at=moved[0].at)
    moved = tuple(replace(m, episode=episode.number) for m in moved)
    holder = WithBot(answered=seq - 1)
    conversation = replace(conversation, episode=episode, messages=moved, holder=holder)
    decision = decision.now(conversation)
    return with_bot.heard(decision, at, policy)
