"""What reports tell of an episode beside its outcome: what it was about, whether it was reopened."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.decide.decision import Decision
from connector.domain.events import Summarised
from connector.domain.policy import Policy


def about(decision: Decision, event: Summarised, policy: Policy) -> Decision:
    """The summary's topic, whoever has the conversation when it comes."""
    conversation = decision.conversation
    if event.episode != conversation.episode.id or not event.summary.topic:
        return decision
    topic = policy.mask(event.summary.topic)
    return decision.now(replace(conversation, episode=replace(conversation.episode, topic=topic)))


def reopened(decision: Decision) -> Decision:
    """It was solved, and is not."""
    conversation = decision.conversation
    number = conversation.episode.reopened + 1
    episode = replace(conversation.episode, reopened=number)
    return decision.now(replace(conversation, episode=episode))
