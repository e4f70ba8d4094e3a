"""Writing to a ticket: once, said to be public or not, and found again by its key."""

from __future__ import annotations

import pytest

from connector.domain.ids import ExternalId
from connector.errors import Rejected, Uncertain
from connector.helpdesks.zendesk.desk import Zendesk
from tests.helpdesks.conftest import comment_draft
from tests.helpdesks.fake import API_USER, Fake, Fault


@pytest.mark.parametrize("public", [True, False])
def test_a_comment_says_what_it_is_and_carries_our_key(
    desk: Zendesk, fake: Fake, public: bool
) -> None:
    """A29, A35, A37: privacy is never left to a default, and our own writing can be told apart."""
    ticket = fake.add_ticket()
    made = desk.add_comment(comment_draft(ticket, public=public))
    (sent,) = fake.calls("PUT", rf"^/api/v2/tickets/{ticket}\.json$")
    assert sent.body["ticket"]["comment"]["public"] is public
    assert sent.body["ticket"]["comment"]["html_body"] == "<p>canary-text</p>"
    assert sent.body["ticket"]["metadata"] == {"connector": {"key": "c1.7"}}
    assert "safe_update" not in sent.body["ticket"]
    (kept,) = fake.comments[ticket]
    assert (made, kept["author_id"]) == (str(kept["id"]), API_USER)


def test_the_requester_is_the_author_of_their_words(desk: Zendesk, fake: Fake) -> None:
    ticket = fake.add_ticket()
    desk.add_comment(comment_draft(ticket, author=ExternalId("77")))
    assert fake.comments[ticket][0]["author_id"] == 77


def test_a_put_reset_after_it_was_taken_is_one_update_and_uncertain(
    desk: Zendesk, fake: Fake
) -> None:
    """zenpy's own session would send it four times."""
    ticket = fake.add_ticket()
    fake.faults.append(Fault("PUT", "/tickets/", reset="after"))
    with pytest.raises(Uncertain):
        desk.add_comment(comment_draft(ticket))
    assert len(fake.calls("PUT", "/tickets/")) == 1
    assert len(fake.comments[ticket]) == 1
    found = desk.find_comment(comment_draft(ticket))
    assert found == str(fake.comments[ticket][0]["id"])


def test_a_put_reset_before_it_was_taken_is_not_found(desk: Zendesk, fake: Fake) -> None:
    ticket = fake.add_ticket()
    fake.faults.append(Fault("PUT", "/tickets/", reset="before"))
    with pytest.raises(Uncertain):
        desk.add_comment(comment_draft(ticket))
    assert desk.find_comment(comment_draft(ticket)) is None
    assert len(fake.calls("PUT", "/tickets/")) == 1


def test_a_reused_connection_that_dies_is_not_repeated_either(desk: Zendesk, fake: Fake) -> None:
    ticket = fake.add_ticket()
    desk.add_comment(comment_draft(ticket, key="first"))
    fake.faults.append(Fault("PUT", "/tickets/", reset="after"))
    with pytest.raises(Uncertain):
        desk.add_comment(comment_draft(ticket, key="second"))
    assert len(fake.comments[ticket]) == 2


def test_an_answer_that_never_comes_is_uncertain(desk: Zendesk, fake: Fake) -> None:
    ticket = fake.add_ticket()
    fake.faults.append(Fault("PUT", "/tickets/", hang=1.0))
    with pytest.raises(Uncertain):
        desk.add_comment(comment_draft(ticket))
    assert len(fake.calls("PUT", "/tickets/")) == 1


def test_a_closed_ticket_and_a_missing_one_are_told_apart(desk: Zendesk, fake: Fake) -> None:
    ticket = fake.add_ticket(status="closed")
    with pytest.raises(Rejected) as closed:
        desk.add_comment(comment_draft(ticket))
    assert closed.value.code == "closed"
    with pytest.raises(Rejected) as gone:
        desk.add_comment(comment_draft(424242))
    assert gone.value.code == "gone"
    assert desk.find_comment(comment_draft(424242)) is None


def test_a_comment_is_found_behind_a_page_of_others(desk: Zendesk, fake: Fake) -> None:
    ticket = fake.add_ticket()
    ours = desk.add_comment(comment_draft(ticket))
    for _ in range(150):
        fake.add_comment(ticket)
    assert desk.find_comment(comment_draft(ticket)) == ours
    assert desk.find_comment(comment_draft(ticket, key="c1.70")) is None


def test_two_comments_of_one_thread_carry_their_own_texts(desk: Zendesk, fake: Fake) -> None:
    """zenpy sends again what an object still calls changed: each call has a new object."""
    ticket = fake.add_ticket()
    for text in ("<p>one</p>", "<p>two</p>"):
        desk.add_comment(comment_draft(ticket, html=text, key=text))
    assert [c["html_body"] for c in fake.comments[ticket]] == ["<p>one</p>", "<p>two</p>"]
