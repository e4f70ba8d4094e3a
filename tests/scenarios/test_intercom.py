"""The main job over Intercom, against its twin, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from connector.sandbox.faults import Fault
from connector.sandbox.stage import Stage
from tests.scenarios.test_channels import PNG, heard
from tests.scenarios.test_reconcile import SECOND, Clock, Life
from tests.scenarios.world import PLEA, World, free_port, world

ZOE = "6762f1571bb69f9f2193bbbb"


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def notes(w: World, conversation: str) -> list[str]:
    parts = w.stage.intercom.conversations[conversation].parts
    return [part.body or "" for part in parts if part.kind == "note"]


def said_in(w: World, conversation: str) -> list[str]:
    """What we told the customer there."""
    parts = w.stage.intercom.conversations[conversation].parts
    return [part.body or "" for part in parts if part.app and part.is_said]


def test_the_whole_story(w: World) -> None:
    """Customer, bot, handoff, agent, solved; duplicates and echoes change nothing."""
    intercom = w.stage.intercom
    assert intercom.notices.look() == 200
    assert intercom.ping().wait() == 200
    assert intercom.customer_says("Where is my parcel?", customer=ZOE, name="Zoë").wait() == 200
    heard(w, intercom, ZOE, 1)
    intercom.courier.duplicate()
    intercom.customer_says(PLEA, customer=ZOE)
    assert "person" in heard(w, intercom, ZOE, 2)[1].text
    ticket = w.ticket()
    w.until(lambda: notes(w, "524"), "a note for teammates")
    assert notes(w, "524") == [f"<p>A person has taken over in the helpdesk (ticket {ticket}).</p>"]
    intercom.customer_says("My order is 4711 & <urgent>", customer=ZOE)
    assert w.public(ticket, 1) == ["My order is 4711 & <urgent>"]
    w.stage.zendesk.agent_replies(ticket, "Only for us", author="Ana", public=False)
    w.stage.zendesk.agent_replies(ticket, "It comes\ntomorrow & early.", author="Ana")
    assert heard(w, intercom, ZOE, 3)[2].text == "Ana: It comes\ntomorrow & early."
    # The same customer in a second conversation is with the same person, who answers there.
    intercom.customer_says("And my refund?", customer=ZOE, new=True)
    assert w.public(ticket, 3)[2] == "And my refund?"
    w.stage.zendesk.agent_replies(ticket, "It is on its way.", author="Ana", solve=True)
    heard(w, intercom, ZOE, 5)
    assert said_in(w, "525")[0] == "<p>Ana: It is on its way.</p>"
    w.until(lambda: intercom.conversations["525"].state == "closed", "it is closed")
    w.rests()
    assert intercom.courier.idle()
    assert {d.status for d in intercom.courier.deliveries} == {200}
    kinds = {d.kind for d in intercom.courier.deliveries}
    assert {"conversation.admin.replied", "conversation.admin.noted"} < kinds
    assert (len(heard(w, intercom, ZOE, 5)), len(w.stage.zendesk.tickets())) == (5, 1)
    assert {t.requester for t in w.stage.zendesk.tickets()} == {"Zoë"}


def test_files_both_ways_and_a_lost_answer(w: World) -> None:
    intercom = w.stage.intercom
    intercom.customer_says(PLEA, customer=ZOE)
    ticket = w.ticket()
    heard(w, intercom, ZOE, 1)
    intercom.customer_sends_file("box.png", "image/png", PNG, customer=ZOE, caption="see here")
    assert w.public(ticket, 1)[0].startswith("see here")
    (told,) = w.stage.zendesk.tickets()
    attached = [a.kind for c in told.comments if c.public for a in c.attachments]
    assert attached == ["image/png"]
    # It is taken, and the answer is lost: looked for, and not sent again.
    intercom.faults.add("POST /conversations/*/reply", Fault(reset=True, when="after"))
    token = w.stage.zendesk.uploads.add("map.png", "image/png", PNG)["token"]
    w.stage.zendesk.agent_replies(ticket, "See here", author="Ana", attachments=[token])
    _, words, picture = heard(w, intercom, ZOE, 3)
    assert words.text == "Ana: See here"
    assert requests.get(picture.media, timeout=5).content == PNG
    w.rests()
    assert len(heard(w, intercom, ZOE, 3)) == 3
    looked = [r.path for r in intercom.requests if r.method == "GET"]
    assert "/conversations/524" in looked


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    port, clock = free_port(), Clock()
    with Stage(f"http://127.0.0.1:{port}") as stage:
        stage.intercom.now = stage.zendesk.now = clock
        yield Life(stage, port, f"sqlite:///{tmp_path}/connector.db", clock, 10 * SECOND, SECOND)


def test_lost_webhooks_lose_no_message(life: Life) -> None:
    """Lost on their way, or while nobody was there; each once, in order, with what came by webhook."""
    intercom = life.stage.intercom
    intercom.notices.topics = frozenset({"conversation.user.created", "conversation.user.replied"})
    with life.running() as w:
        intercom.customer_says(PLEA, customer=ZOE).wait()
        ticket = w.ticket()
        heard(w, intercom, ZOE, 1)
        intercom.courier.drop()
        intercom.customer_says("one", customer=ZOE)
        life.clock.forward(seconds=11)
        assert w.public(ticket, 1) == ["one"]
        w.rests()
    intercom.courier.drop(2)
    intercom.customer_says("two", customer=ZOE)
    life.clock.forward(seconds=1)
    intercom.customer_says("three", customer=ZOE, new=True)
    life.clock.forward(minutes=10)
    with life.running() as w:
        assert w.public(ticket, 3) == ["one", "two", "three"]
        assert intercom.customer_says("four", customer=ZOE).wait() == 200
        assert w.public(ticket, 4)[3] == "four"
        w.stage.zendesk.agent_replies(ticket, "All read.", author="Ana")
        assert heard(w, intercom, ZOE, 2)[1].text == "Ana: All read."
        life.clock.forward(seconds=30)
        w.rests()
    assert len(life.events("CustomerMessaged")) == 5
