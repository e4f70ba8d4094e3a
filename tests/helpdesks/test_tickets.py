"""Opening a ticket: the same draft twice is one ticket, for the right person, and internal."""

from __future__ import annotations

import pytest

from connector.domain.ids import TicketId
from connector.domain.tickets import Requester, TicketFields
from connector.errors import Rejected, Transient, Uncertain
from connector.helpdesks.zendesk.desk import Zendesk
from tests.helpdesks.conftest import ticket_draft
from tests.helpdesks.fake import Fake, Fault

OPEN = r"^/api/v2/tickets\.json$"
NO_PHONE = Requester("whatsapp:US.13", "Ana")
MAKE = r"/users/create_or_update\.json$"


def test_an_unknown_customer_gets_a_phone_and_no_invented_email(desk: Zendesk, fake: Fake) -> None:
    """A31."""
    opened = desk.open_ticket(ticket_draft())
    (made,) = fake.calls("POST", MAKE)
    assert made.body["user"].keys() >= {"name", "external_id", "phone", "role", "skip_verify_email"}
    assert "email" not in made.body["user"]
    assert "identities" not in made.body["user"]
    assert fake.users[int(opened.requester)]["phone"] == "+15550100"
    assert fake.users[int(opened.requester)]["role"] == "end-user"


def test_the_first_comment_is_internal_and_the_ticket_is_mapped(desk: Zendesk, fake: Fake) -> None:
    """A29: public is said, and the HTML goes out as it was escaped, never as a `body`."""
    fields = TicketFields(1, 2, 3, "high", ("sms", "vip"), (("360004", "legal"),))
    opened = desk.open_ticket(ticket_draft(fields=fields))
    (sent,) = fake.calls("POST", OPEN)
    ticket = sent.body["ticket"]
    assert ticket["comment"] | {"id": None} == {
        "html_body": "<p>canary-text &#123;&#123;ticket.id&#125;&#125;</p>",
        "public": False,
        "id": None,
    }
    assert sent.headers["idempotency-key"] == "c1-1:open"
    facts = {k: v for k, v in ticket.items() if k not in ("comment", "id")}
    assert facts == {
        "subject": "A customer needs help",
        "external_id": "c1-1",
        "requester_id": int(opened.requester),
        "status": "new",
        "metadata": {"connector": {"key": "c1-1:open"}},
        "group_id": 1,
        "brand_id": 2,
        "ticket_form_id": 3,
        "priority": "high",
        "tags": ["sms", "vip"],
        "custom_fields": [{"id": 360004, "value": "legal"}],
    }


@pytest.mark.parametrize("fault", [Fault("POST", OPEN, reset="after"), Fault("POST", OPEN, hang=1)])
def test_a_create_that_times_out_yields_the_same_ticket_again(
    desk: Zendesk, fake: Fake, fault: Fault
) -> None:
    """A23."""
    fake.faults.append(fault)
    with pytest.raises(Uncertain):
        desk.open_ticket(ticket_draft())
    assert len(fake.tickets) == 1
    found = desk.find_ticket(ticket_draft())
    assert desk.open_ticket(ticket_draft()) == found
    assert len(fake.tickets) == 1
    assert len([u for u in fake.users.values() if u["role"] == "end-user"]) == 1


def test_a_create_that_never_arrived_is_not_found(desk: Zendesk, fake: Fake) -> None:
    fake.faults.append(Fault("POST", OPEN, reset="before"))
    with pytest.raises(Uncertain):
        desk.open_ticket(ticket_draft())
    assert desk.find_ticket(ticket_draft()) is None


def test_a_copied_external_id_is_not_our_ticket(desk: Zendesk, fake: Fake) -> None:
    copied = fake.add_ticket(external_id="c1-1")
    fake.add_comment(copied)
    fake.add_ticket(external_id="c1-1")
    assert desk.find_ticket(ticket_draft()) is None
    opened = desk.open_ticket(ticket_draft())
    assert desk.find_ticket(ticket_draft()) == opened
    assert desk.find_ticket(ticket_draft(key="c1-1:other")) is None


def test_an_external_id_cannot_inject_a_parameter(desk: Zendesk, fake: Fake) -> None:
    """zenpy does not encode the values of a query."""
    assert desk.find_ticket(ticket_draft(external_id="c1&external_id=other#x")) is None
    (asked,) = fake.calls("GET", OPEN)
    assert asked.query == {"external_id": "c1&external_id=other#x"}


def test_a_key_used_with_another_body_means_the_first_ticket(desk: Zendesk, fake: Fake) -> None:
    first = desk.open_ticket(ticket_draft())
    assert desk.open_ticket(ticket_draft(subject="other words")) == first
    assert len(fake.tickets) == 1


def test_a_requester_is_made_once(desk: Zendesk, fake: Fake) -> None:
    for number in (1, 2):
        draft = ticket_draft(key=f"k{number}", external_id=f"c1-{number}", requester=NO_PHONE)
        desk.open_ticket(draft)
    assert len(fake.calls("POST", MAKE)) == 1


def test_a_lost_answer_about_the_requester_is_simply_repeated(desk: Zendesk, fake: Fake) -> None:
    fake.faults.append(Fault("POST", MAKE, reset="after"))
    with pytest.raises(Transient):
        desk.open_ticket(ticket_draft())
    desk.open_ticket(ticket_draft())
    assert len([u for u in fake.users.values() if u["role"] == "end-user"]) == 1
    assert len(fake.tickets) == 1


def test_someone_with_exactly_this_number_is_the_requester(desk: Zendesk, fake: Fake) -> None:
    ana = fake.add_user(name="Ana Lima", phone="+1 (555) 0100", external_id="crm-1")
    fake.users[ana]["phone"] = "+15550100"
    fake.add_user(name="Longer", phone="+155501001")
    fake.add_user(name="An agent", phone="+15550100", role="agent")
    fake.add_user(name="Suspended", phone="+15550100", suspended=True)
    assert desk.open_ticket(ticket_draft()).requester == str(ana)
    assert not fake.calls("POST", MAKE)


def test_a_nameless_customer_still_has_a_name(desk: Zendesk, fake: Fake) -> None:
    made = desk.open_ticket(ticket_draft(requester=Requester("wa:US.13", "  "))).requester
    assert fake.users[int(made)]["name"] == "wa:US.13"


def test_a_refusal_names_the_field_and_nothing_that_was_said(desk: Zendesk, fake: Fake) -> None:
    details = {
        "group_id": [{"description": "canary-group is unknown", "error": "InvalidValue"}],
        "360004": [{"description": "canary-value"}],
    }
    body = {"error": "RecordInvalid", "description": "canary", "details": details}
    fake.faults.append(Fault("POST", OPEN, status=422, body=body))
    with pytest.raises(Rejected) as refused:
        desk.open_ticket(ticket_draft())
    assert refused.value.code == "RecordInvalid"
    assert refused.value.meaning == "Zendesk refused it because of: group_id (InvalidValue), 360004"
    assert "canary" not in f"{refused.value!r} {refused.value.meaning}"


def closed(fake: Fake, **facts: object) -> int:
    return fake.add_ticket(status="closed", tags=["bot_pause", "old"], **facts)


def test_a50_a_closed_ticket_is_followed_up(desk: Zendesk, fake: Fake) -> None:
    """Its tags would be inherited unless others are given: those that pause us too."""
    before = closed(fake)
    for number, tags in enumerate([("sms",), ()]):
        fields = TicketFields(tags=tags)
        draft = ticket_draft(key=f"k{number}", fields=fields, follows=TicketId(str(before)))
        desk.open_ticket(draft)
        sent = fake.calls("POST", OPEN)[-1].body["ticket"]
        assert sent["via_followup_source_id"] == before
        assert sent["tags"] == list(tags)


@pytest.mark.parametrize("status", ["new", "open", "pending", "hold", "solved", "deleted", None])
def test_a50_no_other_state_can_be_followed_up(
    desk: Zendesk, fake: Fake, status: str | None
) -> None:
    before = fake.add_ticket(status=status) if status else 77
    desk.open_ticket(ticket_draft(follows=TicketId(str(before))))
    assert "via_followup_source_id" not in fake.calls("POST", OPEN)[-1].body["ticket"]


def test_a_previous_ticket_that_can_not_be_read_now_is_asked_about_again(
    desk: Zendesk, fake: Fake
) -> None:
    before = closed(fake)
    fake.faults.append(Fault("GET", rf"/tickets/{before}\.json$", status=503))
    with pytest.raises(Transient):
        desk.open_ticket(ticket_draft(follows=TicketId(str(before))))
    assert not fake.calls("POST", OPEN)


def test_a_ticket_that_was_closed_between_two_attempts_is_still_made_once(
    desk: Zendesk, fake: Fake
) -> None:
    """The same key with another body: the first attempt's ticket is the ticket."""
    before = fake.add_ticket(status="solved")
    draft = ticket_draft(follows=TicketId(str(before)))
    first = desk.open_ticket(draft)
    fake.tickets[before]["status"] = "closed"
    assert desk.open_ticket(draft) == first
