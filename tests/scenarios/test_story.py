"""The main job against the twins, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.sandbox.faults import Fault
from tests.scenarios.world import CUSTOMER, PLEA, World, world

MESSAGES = "POST /v1/messages"
SEND = "POST /2010-04-01/Accounts/*/Messages.json"
TICKETS = "POST /api/v2/tickets*"
UPDATE = "PUT /api/v2/tickets/*"


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def test_the_whole_story(w: World) -> None:
    w.says("Where is my parcel?")
    (first,) = w.hears(1)
    assert first.startswith("You are ")  # an automated assistant
    w.says("And how do I return something?")
    w.hears(2)
    w.says(PLEA)
    told = w.hears(3)[2]
    assert "person" in told
    ticket = w.ticket()
    notes = w.until(lambda: got if len(got := w.comments(ticket, public=False)) == 2 else [])
    for part in ("What the customer wants", "explicit_request"):
        assert part in notes[0]
    assert "Where is my parcel?" in notes[1]
    w.says("My order is 4711")
    assert w.public(ticket, 1) == ["My order is 4711"]
    w.stage.zendesk.agent_notes(ticket, "canary: do not tell")
    w.stage.zendesk.agent_replies(ticket, "Hello, I found it.", author="Ana")
    assert w.hears(4)[3] == "Ana: Hello, I found it."
    w.stage.zendesk.agent_replies(ticket, "It comes tomorrow.", author="Ana", solve=True)
    said = w.hears(6)
    assert said[4] == "Ana: It comes tomorrow."
    w.says("How long do deliveries take?")
    w.hears(7)
    w.rests()
    assert not [t for t in w.phone() if "canary" in t]
    last = w.stage.anthropic.calls[-1]
    assert "It comes tomorrow." in json.dumps(last)
    made = next(t for t in w.stage.zendesk.tickets() if t.id == ticket)
    assert {"sms", "handoff"} <= set(made.tags)


def test_a31_the_requester_has_phone_and_external_id_and_no_invented_address(w: World) -> None:
    w.says(PLEA)
    w.ticket()
    (person,) = [
        p
        for r in w.stage.zendesk.requests
        if r.method == "POST" and "users/create_or_update" in r.path
        for p in [json.loads(r.body)["user"]]
    ]
    assert person["phone"] == CUSTOMER
    assert person["external_id"].endswith(CUSTOMER)
    assert "email" not in person


def test_a01_the_same_message_delivered_twice_is_one_turn(w: World) -> None:
    w.stage.twilio.courier.duplicate()
    w.says("Where is my parcel?")
    w.hears(1)
    w.rests()
    assert len(w.stage.anthropic.calls) == 1


def test_a06_a_burst_gets_one_answer(w: World) -> None:
    for text in ("Hi", "my parcel", "has not come", "order 4711", "where is it?"):
        w.says(text)
    w.hears(1)
    w.rests()
    assert len(w.phone()) == 1
    assert len(w.stage.anthropic.calls) == 1


def test_a07_a_message_during_the_call_discards_the_draft(w: World) -> None:
    w.stage.anthropic.hold()
    w.says("Where is my parcel?")
    w.until(lambda: w.stage.anthropic.calls, "the first call")
    w.says("Sorry, I mean: how do I return something?")
    w.stage.anthropic.release()
    w.hears(1)
    w.rests()
    assert len(w.phone()) == 1
    assert len(w.stage.anthropic.calls) == 2


def test_a10_stop_silences_the_bot_and_the_agent_and_start_restores(w: World) -> None:
    w.says(PLEA)
    ticket = w.ticket()
    w.hears(1)
    w.says("Stop.")
    w.until(lambda: "opted out" in " ".join(w.comments(ticket, public=False)), "the note")
    before = len(w.phone())  # with Twilio's own confirmation
    w.stage.zendesk.agent_replies(ticket, "Are you still there?", author="Ana")
    w.until(
        lambda: "Are you still there?" in " ".join(w.comments(ticket, public=False)),
        "the note that it was not sent",
    )
    w.rests()
    assert len(w.phone()) == before
    w.says("START")
    w.until(lambda: "opted in" in " ".join(w.comments(ticket, public=False)), "the note")
    w.stage.zendesk.agent_replies(ticket, "Welcome back", author="Ana")
    w.until(lambda: "Ana: Welcome back" in w.phone(), "the agent's words")


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=529),
        Fault(status=500),
        Fault(status=200, body={"type": "message", "content": []}),
        Fault(reset=True),
    ],
    ids=["overload", "error", "malformed", "reset"],
)
def test_a18_a_bot_that_fails_hands_over_after_three_attempts(w: World, fault: Fault) -> None:
    w.stage.anthropic.faults.add(MESSAGES, fault, times=3)
    w.says("Where is my parcel?")
    ticket = w.ticket()
    assert "bot_failure" in w.html(ticket)
    w.hears(1)
    w.rests()
    assert len(w.phone()) == 1


def test_a23_a_ticket_whose_answer_was_lost_is_made_once(w: World) -> None:
    w.stage.zendesk.faults.add(TICKETS, Fault(reset=True, when="after"))
    w.says(PLEA)
    w.hears(1)
    w.rests()
    assert len(w.stage.zendesk.tickets()) == 1


def test_a24_zendesk_down_the_customer_is_told_the_truth(w: World) -> None:
    w.stage.zendesk.faults.add("* /api/v2/*", Fault(status=503), times=None)
    w.says(PLEA)
    (told,) = w.hears(1)
    assert "as soon as possible" in told
    w.says("Hello?")
    w.stage.zendesk.faults.clear()
    ticket = w.ticket()
    assert w.public(ticket, 1) == ["Hello?"]
    assert len(w.hears(2)) == 2
    w.rests()
    assert len(w.stage.zendesk.tickets()) == 1


def test_a27_a_failed_summary_does_not_hold_the_ticket_back(w: World) -> None:
    w.stage.anthropic.faults.add(MESSAGES, Fault(status=500), times=None)
    w.says(PLEA)
    ticket = w.ticket()
    assert "Summary unavailable" in w.html(ticket)


def test_a35_a36_two_quick_comments_and_a_newest_note(w: World) -> None:
    w.says(PLEA)
    ticket = w.ticket()
    w.hears(1)
    w.stage.zendesk.agent_replies(ticket, "One moment", author="Ana")
    w.stage.zendesk.agent_replies(ticket, "Found it", author="Ana")
    w.stage.zendesk.agent_notes(ticket, "canary note")
    assert w.hears(3)[1:] == ["Ana: One moment", "Ana: Found it"]
    w.rests()
    assert len(w.phone()) == 3


def test_a37_our_own_comments_do_not_echo(w: World) -> None:
    w.says(PLEA)
    ticket = w.ticket()
    w.hears(1)
    for number in range(3):
        w.says(f"message {number}")
    w.public(ticket, 3)
    w.rests()
    assert len(w.phone()) == 1


def test_a_send_whose_answer_was_lost_is_not_sent_twice(w: World) -> None:
    w.stage.twilio.faults.add(SEND, Fault(reset=True, when="after"))
    w.says("Where is my parcel?")
    w.hears(1)
    w.until(lambda: any(r.method == "GET" for r in w.stage.twilio.requests), "the look-up")
    w.rests()
    assert len(w.phone()) == 1


def test_a_comment_whose_answer_was_lost_stands_once(w: World) -> None:
    w.says(PLEA)
    ticket = w.ticket()
    w.hears(1)
    w.rests()
    w.stage.zendesk.faults.add(UPDATE, Fault(reset=True, when="after"))
    w.says("My order is 4711")
    w.public(ticket, 1)
    w.rests()
    assert w.comments(ticket, public=True) == ["My order is 4711"]


def test_a42_a_refused_number_is_explained_to_the_agent(w: World) -> None:
    w.says(PLEA)
    ticket = w.ticket()
    w.hears(1)
    w.stage.twilio.fail_next_delivery(30003)
    w.stage.zendesk.agent_replies(ticket, "Are you there?", author="Ana")
    w.until(lambda: "did not reach" in " ".join(w.comments(ticket, public=False)), "the note")
