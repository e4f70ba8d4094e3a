"""Who the ticket is for, and how it is made where Zendesk will not have them, or its fields."""

from __future__ import annotations

from typing import Any

import pytest

from connector.domain.tickets import OpenedTicket, TicketFields
from connector.errors import Rejected, Transient
from connector.helpdesks.zendesk.desk import Zendesk
from tests.helpdesks.conftest import CUSTOMER, ticket_draft
from tests.helpdesks.fake import Fake, Fault

OPEN, MAKE = r"/tickets\.json$", "create_or_update"
MAPPED = TicketFields(1, 2, 3, "high", ("sms",), (("360004", "legal"), ("360005", "x")))
SUSPENDED = {"base": [{"description": "Requester: Ana is suspended."}]}


def refusal(details: dict[str, Any]) -> dict[str, Any]:
    return {"error": "RecordInvalid", "description": "canary", "details": details}


def refuses(fake: Fake, details: dict[str, Any], path: str = OPEN, **more: Any) -> None:
    fake.faults.append(Fault("POST", path, status=422, body=refusal(details), **more))


def made(fake: Fake, opened: OpenedTicket) -> tuple[dict[str, Any], str]:
    """The ticket, and its first note."""
    number = int(opened.id)
    (note,) = fake.comments[number]
    assert note["public"] is False
    return fake.tickets[number], note["html_body"]


def test_a31_someone_unknown_is_made_with_phone_and_external_id_and_no_address(
    desk: Zendesk, fake: Fake
) -> None:
    opened = desk.open_ticket(ticket_draft())
    (asked,) = fake.calls("POST", MAKE)
    assert asked.body["user"] == {
        "name": "Ana", "external_id": "sms-us:+15550100", "phone": "+15550100", "locale": "en",
        "role": "end-user", "skip_verify_email": True,
    }  # fmt: skip
    assert opened.lacks == ()


def test_external_id_comes_before_phone(desk: Zendesk, fake: Fake) -> None:
    fake.add_user(name="Other", phone="+15550100")
    own = fake.add_user(name="Ana", phone="+15559999", external_id=CUSTOMER.external_id.upper())
    assert desk.open_ticket(ticket_draft()).requester == str(own)
    assert not fake.calls("POST", MAKE)


def test_a30_two_people_with_one_number_are_flagged_and_not_merged(
    desk: Zendesk, fake: Fake
) -> None:
    """A person of their own; their profile, the ticket's note and an alert say why."""
    people = [fake.add_user(name=name, phone="+15550100") for name in ("Ana", "Bo")]
    before = [dict(fake.users[p]) for p in people]
    opened = desk.open_ticket(ticket_draft())
    person = int(opened.requester)
    assert person not in people
    assert [fake.users[p] for p in people] == before
    assert all(f"#{p}" in fake.users[person]["notes"] for p in people)
    assert all(f"#{p}" in made(fake, opened)[1] for p in people)
    assert opened.lacks == ("one_of_several_people",)
    again = desk.open_ticket(ticket_draft())
    assert (again.requester, again.id, len(fake.tickets)) == (str(person), opened.id, 1)


@pytest.mark.parametrize("how", [{"external_id": CUSTOMER.external_id}, {}])
def test_a32_a_suspended_customer_gets_a_ticket_without_them(
    desk: Zendesk, fake: Fake, how: dict[str, str]
) -> None:
    person = fake.add_user(name="Ana", phone="+15550100", suspended=True, **how)
    opened = desk.open_ticket(ticket_draft())
    ticket, note = made(fake, opened)
    assert "requester_id" not in fake.calls("POST", OPEN)[0].body["ticket"]
    assert f"suspended user #{person}" in note
    assert opened.lacks == ("suspended_requester",)
    assert not fake.calls("POST", MAKE)  # no second person to get around it
    assert ticket["external_id"] == "c1-1"


@pytest.mark.parametrize("details", [SUSPENDED, {"requester_id": [{"description": "canary"}]}])
def test_a32_a_requester_whom_zendesk_refuses_is_left_out(
    desk: Zendesk, fake: Fake, details: dict[str, Any]
) -> None:
    """Suspended in the moment between."""
    refuses(fake, details)
    opened = desk.open_ticket(ticket_draft(fields=MAPPED))
    first, second = (s.body["ticket"] for s in fake.calls("POST", OPEN))
    assert {*first} - {*second} == {"requester_id"}
    assert "without the customer as its requester" in made(fake, opened)[1]
    assert "canary" not in made(fake, opened)[1].replace("canary-text", "")
    assert opened.lacks == ("requester",)


ROWS = [
    ("group_id", {"group_id"}, "the group"),
    ("group", {"group_id"}, "the group"),
    ("brand", {"brand_id"}, "the brand"),
    ("ticket_form_id", {"ticket_form_id"}, "the form"),
    ("priority", {"priority"}, "the priority"),
    ("tags", {"tags"}, "the tags"),
    ("custom_fields", {"custom_fields"}, "the ticket fields"),
    ("370001", {"ticket_form_id"}, "the form"),  # required there, and not ours to fill in
]


@pytest.mark.parametrize(("named", "gone", "words"), ROWS)
def test_a32_what_zendesk_names_is_left_out_and_the_rest_stays(
    desk: Zendesk, fake: Fake, named: str, gone: set[str], words: str
) -> None:
    refuses(fake, {named: [{"description": "canary", "error": "InvalidValue"}]})
    opened = desk.open_ticket(ticket_draft(fields=MAPPED))
    first, second = fake.calls("POST", OPEN)
    assert {*first.body["ticket"]} - {*second.body["ticket"]} == gone
    assert first.headers["idempotency-key"] != second.headers["idempotency-key"]
    assert f"made without {words}" in made(fake, opened)[1]
    assert len(opened.lacks) == 1


def test_a32_one_field_of_several(desk: Zendesk, fake: Fake) -> None:
    refuses(fake, {"360005": [{"description": "canary", "error": "InvalidValue"}]})
    opened = desk.open_ticket(ticket_draft(fields=MAPPED))
    assert made(fake, opened)[0]["custom_fields"] == [{"id": 360004, "value": "legal"}]
    assert "360005 (InvalidValue)" in made(fake, opened)[1]


def test_a32_one_after_the_other(desk: Zendesk, fake: Fake) -> None:
    refuses(fake, SUSPENDED)
    refuses(fake, {"group": [{"description": "x"}], "priority": [{"description": "x"}]})
    opened = desk.open_ticket(ticket_draft(fields=MAPPED))
    assert opened.lacks == ("requester", "group", "priority")
    assert len({s.headers["idempotency-key"] for s in fake.calls("POST", OPEN)}) == 3


def test_what_names_nothing_of_ours_goes_back_to_who_asked(desk: Zendesk, fake: Fake) -> None:
    """It is asked for again without the channel's mapping (domain/decide), then without a person."""
    refuses(fake, {"base": [{"description": "canary"}]}, always=True)
    with pytest.raises(Rejected):
        desk.open_ticket(ticket_draft(fields=MAPPED))
    assert len(fake.calls("POST", OPEN)) == 1
    fake.faults.clear()
    refuses(fake, {"base": [{"description": "canary"}]})
    assert desk.open_ticket(ticket_draft()).lacks == ("requester",)


def test_a_refused_ticket_is_not_tried_for_ever(desk: Zendesk, fake: Fake) -> None:
    everything = ("group", "brand", "ticket_form", "priority", "tags", "custom_fields", "requester")
    refuses(fake, {name: [{"description": "x"}] for name in everything}, always=True)
    with pytest.raises(Rejected):
        desk.open_ticket(ticket_draft(fields=MAPPED))
    assert len(fake.calls("POST", OPEN)) == 3


@pytest.mark.parametrize(
    ("details", "left"),
    [
        ({"locale": [{"description": "canary"}]}, {"phone"}),
        ({"phone": [{"description": "canary"}]}, {"locale"}),
        ({"base": [{"description": "canary"}]}, set()),
    ],
)
def test_a_person_is_made_without_what_zendesk_will_not_have_of_them(
    desk: Zendesk, fake: Fake, details: dict[str, Any], left: set[str]
) -> None:
    refuses(fake, details, MAKE)
    opened = desk.open_ticket(ticket_draft())
    assert {"phone", "locale"} & {*fake.users[int(opened.requester)]} == left
    assert opened.lacks == ()


def test_a_person_who_can_not_be_made_costs_no_ticket(desk: Zendesk, fake: Fake) -> None:
    refuses(fake, {"name": [{"description": "canary"}]}, MAKE, always=True)
    opened = desk.open_ticket(ticket_draft())
    assert opened.lacks == ("requester",)
    assert "could not be made a person here" in made(fake, opened)[1]


def test_a_short_limit_is_waited_for_and_a_long_one_costs_the_person_only(
    desk: Zendesk, fake: Fake
) -> None:
    """One person a second; or no more people today."""
    for wait in ("1", "10"):
        fake.faults.append(Fault("POST", MAKE, status=429, headers={"Retry-After": wait}))
        with pytest.raises(Transient):
            desk.open_ticket(ticket_draft())
    fake.faults.append(Fault("POST", MAKE, status=429, headers={"Retry-After": "3600"}))
    opened = desk.open_ticket(ticket_draft())
    assert opened.lacks == ("requester_over_quota",)
    assert "no more new people for now" in made(fake, opened)[1]


def test_a_name_in_a_note_can_do_nothing(desk: Zendesk, fake: Fake) -> None:
    """What Zendesk names is checked; what stands in the note is text all the same."""
    refuses(fake, {"{{ticket.id}}": [{"description": "<b>canary</b>"}], **SUSPENDED})
    note = made(fake, desk.open_ticket(ticket_draft()))[1]
    assert "{{" not in note
    assert note.count("canary") == 1  # the draft's own
