"""Several of a customer's messages in one comment: a helpdesk limits how often a ticket is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connector.domain import events as e
from connector.domain.effects import AddComment, Call
from connector.domain.tickets import CommentDraft
from connector.domain.transcript import NOTE_BYTES
from connector.storage.outbox import Row, State

MOST = 20


def companions(first: Row, behind: Sequence[Row]) -> tuple[Row, ...]:
    """Those right behind the first that can stand in the same comment."""
    found: list[Row] = []
    size = _size(first)
    for row in behind:
        size += _size(row)
        if not _alike(first, row) or size > NOTE_BYTES:
            break
        found.append(row)
    return tuple(found)


def _alike(first: Row, row: Row) -> bool:
    one, other = first.call, row.call
    if not (isinstance(one, AddComment) and isinstance(other, AddComment)):
        return False
    # Only what the customer wrote: the connector's own notes are long, and each has its title.
    mine = one.draft.author is not None and row.state is State.DUE
    return mine and _bare(one.draft) == _bare(other.draft)


def _bare(draft: CommentDraft) -> CommentDraft:
    """What must be the same for two to share a comment."""
    return replace(draft, key="", html="", files=(), reopen=False)


def _size(row: Row) -> int:
    return len(row.call.draft.html.encode()) if isinstance(row.call, AddComment) else 0


def joined(rows: Sequence[Row]) -> Call:
    """The one call that carries them all out."""
    first = rows[0].call
    if len(rows) == 1 or not isinstance(first, AddComment):
        return first
    drafts = [row.call.draft for row in rows if isinstance(row.call, AddComment)]
    draft = replace(
        first.draft,
        html="".join(d.html for d in drafts),
        also=tuple(d.key for d in drafts[1:]),
        files=tuple(file for d in drafts for file in d.files),
        reopen=any(d.reopen for d in drafts),
    )
    return replace(first, draft=draft)


def share(event: e.Event, row: Row) -> e.Event:
    """What the outcome of the one call is for this row."""
    if isinstance(event, e.CommentAdded) and isinstance(row.call, AddComment):
        call = row.call
        return replace(event, key=call.key, message=call.message, missing=call.missing)
    return event
