"""A ticket was merged into another one: from now on that one is this conversation's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.domain.conversation import Conversation, Desk
from connector.domain.decide.decision import Decision, note, read
from connector.domain.tickets import Changes, Cursor
from connector.domain.transcript import escape


def move(decision: Decision, desk: Desk, changes: Changes, at: datetime) -> tuple[Decision, Desk]:
    """The desk at the target, which is read at once. What stood there before is not texted."""
    into = changes.merged_into
    assert into is not None  # noqa: S101 - the caller's own question
    merged = (*desk.merged, desk.ticket)
    known = next((d for d in decision.conversation.past_desks if d.ticket == into), None)
    if known is not None:  # an earlier ticket of this conversation
        target = replace(known, merged=(*known.merged, *merged))
        decision = decision.now(decision.conversation.drop_past(into))
    else:
        begins = Cursor(begins=changes.merged_at or at)
        target = Desk(into, desk.requester, begins, merged=merged)
    return read(decision, target)


def tell_target(decision: Decision, desk: Desk) -> Decision:
    """Agents there learn that a customer listens."""
    conversation = decision.conversation
    html = (
        f"<p>Ticket #{escape(desk.merged[-1])} was merged into this one. Public comments here now go "
        f"to the customer on channel {escape(conversation.channel)}, and what they write comes "
        "here.</p>"
    )
    key = f"{conversation.episode.id}:merged:{desk.ticket}:{desk.merged[-1]}"
    return note(decision, desk, key, html)


def linked_to(conversation: Conversation, desk: Desk) -> Conversation:
    """With the target as the episode's ticket."""
    return replace(conversation, episode=replace(conversation.episode, ticket=desk.ticket))
