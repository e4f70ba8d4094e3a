"""A ticket's tags, where it was merged to, and reopening it (A49, A51)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connector.domain.ids import TicketId
from connector.domain.tickets import Changes, Cursor, TicketStatus
from connector.helpdesks.zendesk.desk import Zendesk
from tests.helpdesks.conftest import comment_draft
from tests.helpdesks.fake import Fake

CUSTOMER, AGENT = 503, 501
MERGE = {"channel": "web", "source": {"from": {}, "to": {}, "rel": "merge"}}
TEXT = 'This request was closed and merged into request #35 "Parcel".'
TO = {"channel": "web", "source": {"rel": "merge", "to": {"ticket_id": 35}}}
LATE = "2026-11-24T09:05:00Z"


def merged(desk: Zendesk, fake: Fake, *comments: dict[str, Any], **facts: Any) -> Changes:
    usual = {"status": "closed", "requester_id": CUSTOMER, "tags": ["closed_by_merge"]}
    ticket = fake.add_ticket(**usual | facts)
    for each in comments:
        fake.add_comment(ticket, **{"author_id": AGENT, "public": False} | each)
    return desk.changes(TicketId(str(ticket)), Cursor())


@pytest.mark.parametrize(
    ("comments", "facts"),
    [
        ([{"via": MERGE, "plain_body": TEXT}], {}),
        ([{"via": MERGE, "plain_body": TEXT}], {"tags": []}),
        ([{"plain_body": TEXT}], {}),
        ([{"plain_body": "Geschlossen, siehe # 35"}], {}),
        ([{"via": TO, "plain_body": "no number"}], {}),
        ([{"plain_body": "see #12"}, {"via": MERGE, "plain_body": TEXT}], {}),
    ],
)
def test_a51_the_target_is_read_from_the_ticket(
    desk: Zendesk, fake: Fake, comments: list[dict[str, Any]], facts: dict[str, Any]
) -> None:
    found = merged(desk, fake, *comments, **facts)
    assert found.merged_into == "35"
    assert found.merged_at == datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("comments", "facts"),
    [
        ([{"via": MERGE, "plain_body": TEXT}], {"status": "solved"}),
        ([{"plain_body": TEXT}], {"tags": []}),
        ([{"plain_body": TEXT, "author_id": CUSTOMER, "public": True}], {}),
        ([{"plain_body": TEXT}, {"plain_body": "bye", "created_at": LATE}], {}),
        ([{"via": MERGE, "plain_body": "no number"}], {}),
        ([], {}),
    ],
    ids=["solved", "no merge", "the customer's words", "not the newest", "no number", "empty"],
)
def test_a51_what_is_no_merge_leads_nowhere(
    desk: Zendesk, fake: Fake, comments: list[dict[str, Any]], facts: dict[str, Any]
) -> None:
    found = merged(desk, fake, *comments, **facts)
    assert (found.merged_into, found.merged_at) == (None, None)


@pytest.mark.parametrize("tags", [["a", "bot_resume"], [], None, "bot_resume", [7, None]])
def test_tags_are_a_list_of_texts_or_none(desk: Zendesk, fake: Fake, tags: Any) -> None:
    found = merged(desk, fake, status="open", tags=tags)
    assert found.tags == (("a", "bot_resume") if tags == ["a", "bot_resume"] else ())
    assert found.status is TicketStatus.OPEN


@pytest.mark.parametrize("reopen", [True, False])
def test_a49_a_comment_reopens_its_ticket_in_the_same_update(
    desk: Zendesk, fake: Fake, reopen: bool
) -> None:
    ticket = fake.add_ticket(status="solved")
    desk.add_comment(replace(comment_draft(ticket), reopen=reopen))
    (call,) = fake.calls("PUT", "tickets/")
    assert call.body["ticket"].get("status") == ("open" if reopen else None)
