"""Whose a comment is (A37, A38), its files (A41), and what was taken back (A44)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector.domain.decide.mirror import goes_out
from connector.domain.ids import TicketId
from connector.domain.tickets import Changes, Cursor
from connector.helpdesks.zendesk.config import ZendeskConfig
from connector.helpdesks.zendesk.desk import Zendesk
from tests.helpdesks.fake import Fake

AGENT, ME, CORA = 501, 503, 504
MAIL = {"channel": "email", "source": {}}
FILE: dict[str, Any] = {
    "id": 7, "file_name": "a.png", "content_type": "image/png; x=y", "size": 10, "inline": False,
    "deleted": False, "malware_scan_result": "not_scanned",
}  # fmt: skip


@pytest.fixture(autouse=True)
def people(fake: Fake) -> None:
    fake.add_user(id=AGENT, name="Maria Agent", role="agent", role_type=None)
    fake.add_user(id=ME, name="Customer")
    fake.add_user(id=CORA, name="Cora")


def read(desk: Zendesk, fake: Fake, ticket: dict[str, Any], **facts: Any) -> Changes:
    number = fake.add_ticket(**{"requester_id": ME} | ticket)
    fake.add_comment(number, **{"author_id": AGENT} | facts)
    return desk.changes(TicketId(str(number)), Cursor())


@pytest.mark.parametrize(
    ("ccs", "ticket", "facts", "out"),
    [
        (False, {"email_cc_ids": [CORA]}, {"author_id": CORA, "via": MAIL}, False),
        (True, {"email_cc_ids": [CORA]}, {"author_id": CORA, "via": MAIL}, True),
        (True, {"collaborator_ids": [CORA]}, {"author_id": CORA, "via": MAIL}, True),
        (True, {"email_cc_ids": []}, {"author_id": CORA, "via": MAIL}, False),
        (True, {"email_cc_ids": None}, {"author_id": CORA, "via": MAIL}, False),
        (True, {"email_cc_ids": [ME]}, {"author_id": ME, "via": MAIL}, False),
        # A colleague who is the customer: what they mail is theirs, what they write as an agent is not.
        (False, {"requester_id": AGENT}, {"via": MAIL}, False),
        (False, {"requester_id": AGENT}, {}, True),
    ],
)
def test_a38_people_in_copy_and_the_requesters_own_mail(
    config: ZendeskConfig,
    fake: Fake,
    ccs: bool,
    ticket: dict[str, Any],
    facts: dict[str, Any],
    out: bool,
) -> None:
    changes = read(Zendesk(replace(config, ccs=ccs)), fake, ticket, **facts)
    assert goes_out(changes.comments[0]) is out


@pytest.mark.parametrize(
    ("facts", "comment", "expected"),
    [
        ({}, {}, [("7", "a.png", "image/png", 10, False)]),
        ({"inline": True}, {}, [("7", "a.png", "image/png", 10, False)]),
        ({"inline": True}, {"via": MAIL}, []),  # the logo of a signature
        ({"deleted": True}, {}, []),
        ({"file_name": "redacted.txt"}, {}, []),
        ({"malware_scan_result": "malware_found"}, {}, [("7", "a.png", "image/png", 10, True)]),
        (
            {"malware_scan_result": "malware_found", "malware_access_override": True}, {},
            [("7", "a.png", "image/png", 10, False)],
        ),
        ({"id": None, "size": "x"}, {}, [("None", "a.png", "image/png", 0, True)]),
    ],
)  # fmt: skip
def test_a41_files(
    desk: Zendesk, fake: Fake, facts: dict[str, Any], comment: dict[str, Any], expected: list[Any]
) -> None:
    changes = read(desk, fake, {}, attachments=[FILE | facts, "no object"], **comment)
    found = changes.comments[0].attachments
    assert [(a.id, a.name, a.content_type, a.size, bool(a.refused)) for a in found] == expected


def test_inline_images_are_asked_for(desk: Zendesk, fake: Fake) -> None:
    read(desk, fake, {})
    (asked,) = fake.calls("GET", "/comments")
    assert asked.query["include_inline_images"] == "true"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, []),
        ({"public": False}, [(True, 0)]),
        ({"plain_body": "code \u2587\u2587\u2587"}, [(False, 3)]),
        ({"attachments": [FILE | {"file_name": "redacted.txt"}]}, [(False, 1)]),
        ({"public": False, "metadata": {"custom": {"connector": {"key": "k"}}}}, []),
    ],
)
def test_a44_what_was_taken_back(
    desk: Zendesk, fake: Fake, facts: dict[str, Any], expected: list[tuple[bool, int]]
) -> None:
    changes = read(desk, fake, {}, **facts)
    assert [(t.private, t.redactions) for t in changes.taken_back] == expected
