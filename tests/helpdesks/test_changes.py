"""Reading a ticket back: what an agent wrote, in order, and nothing taken for public by default."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.domain.decide.mirror import goes_out
from connector.domain.ids import TicketId
from connector.domain.tickets import Comment, Cursor, TicketStatus
from connector.errors import Rejected, Transient
from connector.helpdesks.zendesk.config import ZendeskConfig
from connector.helpdesks.zendesk.desk import Zendesk
from tests.helpdesks.conftest import comment_draft
from tests.helpdesks.fake import Fake, Fault

AGENT, LIGHT, CUSTOMER = 501, 502, 503
NEVER = Cursor()


@pytest.fixture(autouse=True)
def people(fake: Fake) -> None:
    fake.add_user(id=AGENT, name="Maria Agent", alias="Maria", role="agent", role_type=None)
    fake.add_user(id=LIGHT, name="Light", role="agent", role_type=1)
    fake.add_user(id=CUSTOMER, name="Ana")


def read(desk: Zendesk, ticket: int, after: Cursor = NEVER) -> tuple[Comment, ...]:
    return desk.changes(TicketId(str(ticket)), after).comments


def only(desk: Zendesk, fake: Fake, **facts: Any) -> Comment:
    ticket = fake.add_ticket()
    fake.add_comment(ticket, **{"author_id": AGENT} | facts)
    (comment,) = read(desk, ticket)
    return comment


def test_an_agents_public_comment_goes_out(desk: Zendesk, fake: Fake) -> None:
    """A45: whoever is assigned, an agent's reply is one."""
    comment = only(desk, fake, html_body="<p>Hello <b>Ana</b></p>")
    assert goes_out(comment)
    assert (comment.text, comment.author_name) == ("Hello Ana", "Maria")


@pytest.mark.parametrize(
    "facts",
    [
        {"public": False},
        {"public": None},
        {"public": "true"},
        {"author_id": CUSTOMER},
        {"author_id": LIGHT},
        {"author_id": 999_999},
        {"author_id": -1},
        {"author_id": None},
        {"type": "VoiceComment"},
        {"metadata": {"custom": {"connector": {"key": "k"}}}},
        {"via": {"channel": "rule", "source": {"rel": "trigger"}}},
        {"via": {"channel": "web", "source": {"rel": "automation"}}},
        {"via": {"channel": "web", "source": {"rel": "merge"}}},
        {"via": {"channel": "chat_transcript"}},
    ],
)
def test_these_never_go_out(desk: Zendesk, fake: Fake, facts: dict[str, Any]) -> None:
    """A35, A37: notes, the customer's own words, our echo, rules and the system."""
    assert not goes_out(only(desk, fake, **facts))


def test_a_missing_flag_is_private(desk: Zendesk, fake: Fake) -> None:
    """A35."""
    ticket = fake.add_ticket()
    fake.add_comment(ticket, author_id=AGENT)
    del fake.comments[ticket][0]["public"]
    assert not read(desk, ticket)[0].public


def test_rules_and_light_agents_go_out_where_configured(config: ZendeskConfig, fake: Fake) -> None:
    """A37."""
    open_desk = Zendesk(replace(config, automations=True, light_agents=True))
    rule = {"channel": "rule", "source": {"rel": "trigger"}}
    assert goes_out(only(open_desk, fake, author_id=-1, via=rule))
    assert goes_out(only(open_desk, fake, author_id=LIGHT))
    merged = {"channel": "web", "source": {"rel": "merge"}}
    assert not goes_out(only(open_desk, fake, via=merged))


def test_our_own_comment_is_known_as_ours(desk: Zendesk, fake: Fake) -> None:
    """A37."""
    ticket = fake.add_ticket()
    ours = desk.add_comment(comment_draft(ticket))
    (comment,) = read(desk, ticket)
    assert (comment.id, comment.ours) == (ours, True)


def test_two_quick_comments_keep_their_order(desk: Zendesk, fake: Fake) -> None:
    """A36: within one second the ids decide."""
    ticket = fake.add_ticket()
    ids = [fake.add_comment(ticket, author_id=AGENT) for _ in range(3)]
    for order in (1, -1):
        page = {"comments": fake.comments[ticket][::order]}
        fake.faults.append(Fault("GET", "/comments", status=200, body=page))
        assert [int(c.id) for c in read(desk, ticket)] == ids


def test_the_state_is_never_newer_than_the_comments(desk: Zendesk, fake: Fake) -> None:
    """A36: an agent comments and solves between the two readings."""
    ticket = fake.add_ticket()
    answer = fake.answer

    def and_then_solved(seen: Any) -> Any:
        status, body = answer(seen)
        if seen.path == f"/api/v2/tickets/{ticket}.json" and not fake.comments[ticket]:
            body = {"ticket": dict(body["ticket"])}
            fake.tickets[ticket]["status"] = "solved"
            fake.add_comment(ticket, author_id=AGENT)
        return status, body

    fake.answer = and_then_solved  # type: ignore[method-assign]
    changes = desk.changes(TicketId(str(ticket)), NEVER)
    assert (changes.status, len(changes.comments)) == (TicketStatus.OPEN, 1)
    assert desk.changes(TicketId(str(ticket)), NEVER).status is TicketStatus.SOLVED


def test_a_first_reading_has_every_page_and_a_later_one_only_what_it_needs(
    desk: Zendesk, fake: Fake
) -> None:
    ticket = fake.add_ticket()
    start = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    for minute in range(230):
        at = (start + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")
        fake.add_comment(ticket, author_id=AGENT, created_at=at, html_body=f"<p>{minute}</p>")
    everything = read(desk, ticket)
    assert [c.text for c in everything] == [str(minute) for minute in range(230)]
    fake.seen.clear()
    later = read(desk, ticket, NEVER.after(everything))
    assert [c.id for c in later] == [c.id for c in everything[224:]]
    # Those are named, so that the cursor keeps them, and not read again.
    assert not any(c.text or goes_out(c) for c in later)
    assert len(fake.calls("GET", "/tickets/")) == 2


@pytest.mark.parametrize(
    ("zendesk", "ours", "waiting"),
    [
        ("new", TicketStatus.OPEN, False),
        ("open", TicketStatus.OPEN, False),
        ("pending", TicketStatus.OPEN, True),
        ("hold", TicketStatus.OPEN, True),
        ("solved", TicketStatus.SOLVED, False),
        ("closed", TicketStatus.CLOSED, False),
        ("a state of next year", TicketStatus.OPEN, False),
    ],
)
def test_states(desk: Zendesk, fake: Fake, zendesk: str, ours: TicketStatus, waiting: bool) -> None:
    ticket = fake.add_ticket(status=zendesk)
    found = desk.changes(TicketId(str(ticket)), NEVER)
    assert (found.status, found.waiting) == (ours, waiting)


def test_a_deleted_ticket_is_gone(desk: Zendesk, fake: Fake) -> None:
    for ticket in (424242, fake.add_ticket(status="deleted")):
        with pytest.raises(Rejected) as gone:
            desk.changes(TicketId(str(ticket)), NEVER)
        assert gone.value.code == "gone"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET", "/tickets/", status=404, body="<h1>No help desk at acme.zendesk.com</h1>"),
        Fault("GET", "/tickets/", status=404, body={"error": "InvalidEndpoint"}),
        Fault("GET", "/tickets/", status=302, headers={"Location": "http://127.0.0.1:1/"}),
        Fault("GET", "/tickets/", status=400, body={"error": "TooManyValues"}),
        Fault("GET", "/tickets/", status=500),
        Fault("GET", "/tickets/", status=200, body="<html>maintenance</html>"),
        Fault("GET", "/tickets/", status=200, body={"ticket": None}),
        Fault("GET", "/comments", status=200, body={"comments": [{"id": 1}]}),
        Fault("GET", "/comments", status=200, body={"comments": [{"id": None, "created_at": "x"}]}),
        Fault("GET", "/tickets/", hang=1.0),
        Fault("GET", "/tickets/", reset="before"),
    ],
)
def test_a_reading_that_fails_never_says_that_the_ticket_is_gone(
    desk: Zendesk, fake: Fake, fault: Fault
) -> None:
    """A conversation is released on "gone": a moved account or a bad day is not that."""
    ticket = fake.add_ticket()
    fake.faults.append(fault)
    with pytest.raises(Transient):
        read(desk, ticket)
    assert read(desk, ticket) == ()


def test_a_listing_without_end_is_given_up(desk: Zendesk, fake: Fake) -> None:
    ticket = fake.add_ticket()
    endless = {"comments": [], "meta": {"has_more": True, "after_cursor": "x"}}
    fake.faults.append(Fault("GET", "/comments", status=200, body=endless, always=True))
    with pytest.raises(Transient):
        read(desk, ticket)
