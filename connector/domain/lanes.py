"""A lane is what runs one step at a time, in order; different lanes run side by side."""

from __future__ import annotations

from typing import NamedTuple

from connector.domain.ids import ConversationId

INBOX = "inbox"  # the other lanes bear the names of the directions


class Lane(NamedTuple):
    """A conversation's inbox, or one outgoing direction of it."""

    conversation: ConversationId
    name: str
