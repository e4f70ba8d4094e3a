"""Channels that take free text only for a while after the customer wrote; then templates alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connector.domain.conversation import Author, Conversation

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    open_for: timedelta
    max_text: int  # characters of ours that one template carries


def is_closed(conversation: Conversation, window: Window, at: datetime) -> bool:
    """Also where nothing that the customer wrote is in view any more."""
    seen = (*conversation.earlier, *conversation.messages)
    wrote = [m.at for m in seen if m.author is Author.CUSTOMER]
    return at - max(wrote, default=_NEVER) > window.open_for
