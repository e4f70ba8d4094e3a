"""Our own changes of a ticket's state: ordered, under way, done."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.conversation import Desk
from connector.domain.decide.decision import Decision, read
from connector.domain.effects import RemoveTags
from connector.domain.events import CommentAdded, CommentRefused, TagsRefused, TagsRemoved
from connector.domain.policy import Steering

Written = CommentAdded | CommentRefused | TagsRemoved | TagsRefused


def done(decision: Decision, event: Written) -> Decision:
    """One of our own changes of a ticket's state is done, or never will be: read it once more."""
    conversation = decision.conversation
    desk = next((d for d in conversation.desks if event.key in d.writes), None)
    if desk is None:
        return decision
    writes = tuple(key for key in desk.writes if key != event.key)
    desk = replace(desk, writes=writes, stale=desk.reading)
    if isinstance(event, TagsRefused):
        # The tag is still there: read at once, it would be obeyed again, and refused, for ever.
        return decision.now(decision.conversation.put_desk(desk))
    decision, desk = read(decision, desk)
    return decision.now(decision.conversation.put_desk(desk))


def obeyed(decision: Decision, desk: Desk, order: str, *tags: str) -> tuple[Decision, Desk]:
    """What was ordered by tags is done: they are taken off, so that it can be ordered again."""
    key = f"{decision.conversation.id}:{order}:{desk.ticket}:{desk.reads}"
    return decision.then(RemoveTags(key, desk.ticket, tags)), desk.writing(key)


def resumed(decision: Decision, desk: Desk, steering: Steering) -> tuple[Decision, Desk]:
    """The bot may go on: what held it back is over too."""
    tags = (steering.hand_back, *([steering.pause] if desk.paused else ()))
    decision, desk = obeyed(decision, desk, "resumed", *tags)
    return decision, replace(desk, paused=False)
