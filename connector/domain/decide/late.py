"""A ticket of an earlier episode refuses a message for good, only now: it belongs to what goes on."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.decide.decision import NO_MORE_COMMENTS, Decision
from connector.domain.events import CommentRefused


def brought_along(decision: Decision, event: CommentRefused) -> Decision | None:
    """With the message that an earlier ticket refused for good, only now, in this episode."""
    before = decision.conversation
    message = next((m for m in before.earlier if m.id == event.message), None)
    if message is None or event.code not in NO_MORE_COMMENTS:
        return None
    earlier = tuple(m for m in before.earlier if m is not message)
    moved = replace(message, episode=before.episode.number)
    messages = tuple(sorted((moved, *before.messages), key=lambda m: m.seq))
    return decision.now(replace(before, earlier=earlier, messages=messages))
