"""What customers see while they wait: that their message was read, and that an answer is being written.

Where the channel can show it. It is best effort beside the lanes: no row of the outbox, no attempt that
counts, nothing that an answer waits for. The helpdesk does not tell when an agent writes, so typing is
the bot's alone, and is not shown once a person has the conversation.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from connector import log
from connector.channels.base import MarksRead, ShowsTyping
from connector.domain import events as e
from connector.domain.conversation import Author, Conversation, HandingOff, WithBot
from connector.domain.effects import AskBot
from connector.domain.ids import Address, ConversationId, ExternalId
from connector.errors import ProviderError
from connector.pipeline import calls
from connector.pipeline.parts import ChannelParts, Parts
from connector.storage import conversations, upstreams
from connector.storage.outbox import Row

SOONER = 0.9  # of the time that typing lasts, before it is shown again

_log = log.get(__name__)


@contextmanager
def writing(parts: Parts, channel: ChannelParts, row: Row) -> Iterator[None]:
    """While this call is made the customer sees typing, if the call is an answer of the bot's."""
    call, adapter = row.call, channel.adapter
    if not isinstance(call, AskBot) or not isinstance(adapter, ShowsTyping | MarksRead):
        yield
        return
    over, shown = threading.Event(), threading.Event()

    def show() -> float | None:
        seen = None
        if not (over.is_set() and shown.is_set()):
            seen = parts.db.read(lambda c: _seen(c, parts, channel, row.conversation, call.draft))
        if seen is None:
            return None
        if isinstance(adapter, ShowsTyping) and seen.waits and not over.is_set():
            shown.set()
            again = adapter.typing_lasts.total_seconds() * SOONER
            return _try(channel, lambda: adapter.show_typing(seen.customer, seen.message), again)
        if isinstance(adapter, MarksRead) and not shown.is_set():
            # The answer is there already, or a person has the conversation: nothing else to show.
            _try(channel, lambda: adapter.mark_read(seen.customer, seen.message))
        return None

    parts.aside.put(show)
    try:
        yield
    finally:
        over.set()


def read(parts: Parts, channel: ChannelParts, event: e.Event, after: Conversation) -> None:
    """The customer sees that a message was read when a person is to have it or it is in the ticket."""
    adapter = channel.adapter
    if not isinstance(adapter, MarksRead):
        return
    message = taken(event, after)
    if message is not None:
        parts.aside.put(lambda: _try(channel, lambda: adapter.mark_read(after.address, message)))


def taken(event: e.Event, after: Conversation) -> ExternalId | None:
    """The customer's message that was taken by this event; the bot's are read when it is asked."""
    match event:
        case e.CustomerMessaged() if isinstance(after.holder, HandingOff):
            return event.external
        case e.CommentAdded(message=ours) if ours is not None:
            found = after.find(ours)
            return found.external[-1] if found is not None and found.external else None
        case _:
            return None


@dataclass(frozen=True)
class _Seen:
    """The customer's newest message that the bot was given."""

    customer: Address
    message: ExternalId
    waits: bool  # for this answer of the bot's, and nobody else has the conversation


def _seen(
    connection: Connection, parts: Parts, channel: ChannelParts, ours: ConversationId, draft: int
) -> _Seen | None:
    circuit = upstreams.circuit(connection, calls.to_customers(channel))
    if circuit.open_until is not None and circuit.open_until > parts.now():
        return None
    found = conversations.load(connection, ours)
    if found is None or found.opted_out:
        return None
    asked = found.holder.asked if isinstance(found.holder, WithBot) else None
    heard = [m for m in found.messages if m.author is Author.CUSTOMER and m.external]
    upto = [m for m in heard if asked is None or m.seq <= asked.upto]
    if not upto:
        return None
    waits = asked is not None and asked.draft == draft
    return _Seen(found.address, upto[-1].external[-1], waits)


def _try(
    channel: ChannelParts, show: Callable[[], None], again: float | None = None
) -> float | None:
    """Once: when it fails, nobody is told and nothing follows."""
    try:
        show()
    except ProviderError as error:
        _log.info("presence_failed", channel=channel.name, error=type(error).__name__,
                  status=error.status, code=error.code)  # fmt: skip
        return None
    return again
