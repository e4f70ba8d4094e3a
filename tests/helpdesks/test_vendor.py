"""Our requests against the vendor's description, and its recorded answers against our reading.

All other requests of the suite are checked where they are made (conftest.py).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connector.channels.base import WebhookRequest
from connector.domain.files import File
from connector.domain.ids import ExternalId, TicketId
from connector.domain.tickets import Cursor, TicketFields, TicketStatus
from connector.errors import Rejected
from connector.helpdesks.zendesk import webhooks
from connector.helpdesks.zendesk.desk import Zendesk
from tests.described import Described, Sent
from tests.helpdesks.conftest import Clock, as_sent, comment_draft, ticket_draft
from tests.helpdesks.fake import Fake, Fault

pytestmark = pytest.mark.vendor


def test_all_that_we_send_is_described(
    desk: Zendesk, fake: Fake, clock: Clock, vendor: Path
) -> None:
    fields = TicketFields(1, 2, 3, "high", ("sms",), (("360004", "legal"),))
    opened = desk.open_ticket(ticket_draft(fields=fields))
    ticket = int(opened.id)
    for number, author in enumerate((None, opened.requester)):
        desk.add_comment(comment_draft(ticket, key=f"k{number}", author=author))
    token = desk.upload(File("photo & more.png", "image/png", b"x"))
    desk.add_comment(comment_draft(ticket, key="k2", files=(token,)))
    before = TicketId(str(fake.add_ticket(status="closed")))
    desk.open_ticket(ticket_draft(key="k3", follows=before))
    desk.find_ticket(ticket_draft())
    desk.find_comment(comment_draft(ticket, key="k0"))
    desk.changes(opened.id, Cursor())
    desk.last_changes([opened.id, TicketId("7")])
    desk.history(clock.now)
    sent = [s for s in fake.seen if s.path.startswith("/api/")]
    assert {s.method for s in sent} == {"GET", "POST", "PUT"}
    described = Described(vendor)
    for seen in sent:
        described.check(as_sent(seen))


@pytest.mark.parametrize(
    ("more", "why"),
    [({"priority": "huge"}, r"(?i)invalid|validation"), ({"grupo_id": 1}, "grupo_id")],
)
def test_the_description_would_notice(vendor: Path, more: dict[str, Any], why: str) -> None:
    """A check of the check: a priority that Zendesk does not know, a key that it does not."""
    body = json.dumps({"ticket": {"comment": {"html_body": "x"}, **more}})
    with pytest.raises(Exception, match=why):
        Described(vendor).check(Sent("POST", "/api/v2/tickets.json", body=body))


def recorded(vendor: Path, name: str) -> list[dict[str, Any]]:
    (path,) = (vendor / "zendesk" / "recorded").glob(name)
    exchanges: list[dict[str, Any]] = json.loads(path.read_text())["exchanges"]
    return exchanges


def replay(fake: Fake, exchange: dict[str, Any], method: str, path: str) -> Any:
    answer = exchange["response"]
    fake.faults.append(Fault(method, path, answer["status"], answer["body"]))
    return answer["body"]


def test_a_recorded_creation(desk: Zendesk, fake: Fake, vendor: Path) -> None:
    made, *_ = recorded(vendor, "TestTicketCreateUpdateDelete.test_single_object_creation-create-*")
    body = replay(fake, made, "POST", r"/tickets\.json")
    opened = desk.open_ticket(ticket_draft())
    assert opened.id == str(body["ticket"]["id"])
    assert opened.requester == str(body["ticket"]["requester_id"])


def test_a_recorded_creation_of_a_person(desk: Zendesk, fake: Fake, vendor: Path) -> None:
    made, *_ = recorded(vendor, "TestUserCreateUpdateDelete.test_single_object_creation-create-*")
    body = replay(fake, made, "POST", "create_or_update")
    desk.open_ticket(ticket_draft())
    (sent,) = fake.calls("POST", r"/tickets\.json")
    assert sent.body["ticket"]["requester_id"] == body["user"]["id"]


def test_a_recorded_audit_names_the_comment(desk: Zendesk, fake: Fake, vendor: Path) -> None:
    made, *_ = recorded(vendor, "TestTicketCreateUpdateDelete.test_single_object_creation-create-*")
    body = replay(fake, made, "PUT", "/tickets/")
    comment = desk.add_comment(comment_draft(fake.add_ticket()))
    (event,) = [e for e in body["audit"]["events"] if e["type"] == "Comment"]
    assert comment == str(event["id"])


def test_a_recorded_404_is_gone(desk: Zendesk, fake: Fake, vendor: Path) -> None:
    gone, *_ = recorded(vendor, "*raises_recordnotfoundexception-recordnotfound-update*")
    replay(fake, gone, "PUT", "/tickets/")
    with pytest.raises(Rejected) as raised:
        desk.add_comment(comment_draft(1))
    assert raised.value.code == "gone"


def test_recorded_comments(desk: Zendesk, fake: Fake, vendor: Path) -> None:
    exchanges = recorded(vendor, "TestAttachmentUpload.test_redact_attachment-upload-single*")
    (listing,) = [e for e in exchanges if "/comments.json" in e["request"]["uri"]]
    body = replay(fake, listing, "GET", "/comments")
    ticket = TicketId(str(fake.add_ticket()))
    changes = desk.changes(ticket, Cursor())
    (comment,) = changes.comments
    assert changes.status is TicketStatus.OPEN
    assert (comment.text, comment.public, comment.ours) == ("Some comment", True, False)
    assert not comment.by_agent  # recorded without the authors beside it
    assert comment.id == ExternalId(str(body["comments"][0]["id"]))


def test_published_comments(desk: Zendesk, fake: Fake, vendor: Path) -> None:
    published = json.loads((vendor / "zendesk" / "comments_list.json").read_text())
    page = published["cbp_page"]
    page["comments"].append(published["system_comment_author_minus_one"])
    fake.faults.append(Fault("GET", "/comments", 200, page))
    comments = desk.changes(TicketId(str(fake.add_ticket())), Cursor()).comments
    assert [c.text for c in comments] == ["Please help!", "Looking into an issue.", "Hi!"]
    assert [c.public for c in comments] == [True, False, True]
    assert [c.automatic for c in comments] == [False, False, True]


@pytest.mark.parametrize("name", ["422_closed_ticket", "422_closed_ticket_variant_base"])
def test_published_words_for_closed(desk: Zendesk, fake: Fake, vendor: Path, name: str) -> None:
    error = json.loads((vendor / "zendesk" / "errors.json").read_text())["errors"][name]
    fake.faults.append(Fault("PUT", "/tickets/", error["http"], error["body"]))
    with pytest.raises(Rejected) as raised:
        desk.add_comment(comment_draft(fake.add_ticket()))
    assert raised.value.code == "closed"


@pytest.mark.parametrize("name", ["zendesk", "zendesk_DERIVED"])
def test_published_signatures(vendor: Path, clock: Clock, name: str) -> None:
    vector = json.loads((vendor / "signatures" / "vectors.json").read_text())[name]
    signed = vector["timestamp"].encode() + vector["body_utf8"].encode()
    assert webhooks._signature(vector["secret"], signed).decode() == vector["signature"]


def test_a_published_history(desk: Zendesk, fake: Fake, clock: Clock, vendor: Path) -> None:
    page = json.loads((vendor / "zendesk" / "incremental_ticket_events.json").read_text())["page"]
    fake.faults.append(Fault("GET", "/incremental/", 200, page))
    told = desk.history(clock.now)
    assert told.changed == {"123": "926256957613"}
    assert (told.until.timestamp(), told.more) == (page["end_time"], False)


def test_a_published_event_names_its_ticket(vendor: Path) -> None:
    raw = (vendor / "zendesk" / "webhook_event_ticket_comment_added.json").read_bytes()
    assert webhooks.parse(WebhookRequest("POST", "", {}, "", raw)) == ("5158",)
