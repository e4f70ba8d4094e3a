"""A lane -> the step that it needs: what a runner calls."""

from __future__ import annotations

from datetime import datetime

from connector.domain.effects import Direction
from connector.domain.lanes import INBOX, Lane
from connector.pipeline.advance import advance
from connector.pipeline.parts import Parts
from connector.pipeline.perform import perform


def step(parts: Parts, lane: Lane) -> datetime | None:
    """Do what is due on this lane; when there will be more, or None."""
    if lane.name == INBOX:
        return advance(parts, lane.conversation)
    return perform(parts, lane.conversation, Direction(lane.name))
