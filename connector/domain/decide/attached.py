"""The ticket tells the truth about files too: what is not there, and why."""

from __future__ import annotations

from connector.domain.decide.decision import Decision
from connector.domain.effects import AddComment
from connector.domain.events import CommentAdded
from connector.domain.tickets import CommentDraft
from connector.domain.transcript import escape


def told(decision: Decision, event: CommentAdded) -> Decision:
    """A note on what could not be attached to the comment that now stands in the ticket."""
    if not event.missing or event.ticket is None:
        return decision
    rows = "".join(f"<li>{escape(each)}</li>" for each in event.missing)
    html = f"<p><b>The customer sent files that could not be attached:</b></p><ul>{rows}</ul>"
    key = f"{event.key}:missing"
    return decision.then(AddComment(key, CommentDraft(key, event.ticket, html, public=False)))
