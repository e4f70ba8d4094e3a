"""Rows: which of a customer's messages may stand in one comment, and what that comment is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connector.domain.effects import AddComment
from connector.domain.ids import ConversationId, ExternalId, TicketId
from connector.domain.tickets import CommentDraft
from connector.pipeline.batch import companions, joined
from connector.storage.outbox import Row, State

AT = datetime(2026, 3, 1, tzinfo=UTC)
FIRST = CommentDraft("k1", TicketId("1"), "<p>1</p>", public=True, author=ExternalId("7"))
SECOND = replace(FIRST, key="k2", html="<p>2</p>")


def row(draft: CommentDraft, state: State = State.DUE) -> Row:
    call = AddComment(draft.key, draft)
    return Row(1, ConversationId("c"), "sms", call, state, AT, 0, AT, None)


@pytest.mark.parametrize(
    ("second", "state", "together"),
    [
        (SECOND, State.DUE, True),
        (replace(SECOND, files=("token",)), State.DUE, True),
        (replace(SECOND, reopen=True), State.DUE, True),
        (replace(SECOND, ticket=TicketId("2")), State.DUE, False),
        (replace(SECOND, author=ExternalId("8")), State.DUE, False),
        (replace(SECOND, public=False, author=None), State.DUE, False),
        (SECOND, State.UNCERTAIN, False),
        (replace(SECOND, html="x" * 70_000), State.DUE, False),
    ],
)
def test_what_goes_together(second: CommentDraft, state: State, together: bool) -> None:
    assert len(companions(row(FIRST), [row(second, state)])) == together


@pytest.mark.parametrize("which", [(False, False), (True, False), (False, True)])
def test_one_that_opens_the_ticket_opens_it_for_all(which: tuple[bool, bool]) -> None:
    pair = [replace(draft, reopen=r) for draft, r in zip((FIRST, SECOND), which, strict=True)]
    call = joined([row(draft) for draft in pair])
    assert isinstance(call, AddComment)
    assert (call.draft.html, call.draft.also) == ("<p>1</p><p>2</p>", ("k2",))
    assert call.draft.reopen == any(which)
