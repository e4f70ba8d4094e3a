"""No webhook arrives, or nobody is there to take it: what is asked for instead, over HTTP.

The twins and the connector share a clock that runs on like any, and can be put forward.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector import bootstrap
from connector.sandbox.stage import HELPDESK, Stage
from connector.sandbox.twilio.messages import Media
from connector.settings import load
from connector.storage import engine
from connector.storage.tables import inbox
from tests.crash.process import SANDBOX
from tests.scenarios.world import CUSTOMER, PLEA, World, free_port, serving

SECOND = timedelta(seconds=1)
SHOW_MANY = "/api/v2/tickets/show_many.json"


@dataclass
class Clock:
    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, **by: float) -> None:
        self.ahead += timedelta(**by)


@dataclass
class Life:
    """A stage, and a connector that is there for some of the time."""

    stage: Stage
    port: int
    database: str
    clock: Clock
    poll_every: timedelta = 10 * SECOND
    every: timedelta = 2 * SECOND

    @property
    def world(self) -> World:
        return World(self.stage, self.stage.connector)

    @contextmanager
    def running(self) -> Iterator[World]:
        settings = load(SANDBOX, self.stage.environ(self.database))
        desk = settings.helpdesks[HELPDESK].model_copy(update={"poll_every": self.poll_every})
        settings = settings.model_copy(update={"helpdesks": {HELPDESK: desk}})
        connector = bootstrap.build(
            settings, self.clock, settle_after=SECOND, reconcile_every=self.every
        )
        with serving(connector, self.port):
            yield self.world

    def events(self, kind: str) -> list[Any]:
        db = engine.connect(self.database)
        try:
            asked = inbox.select().where(inbox.c.kind == kind).order_by(inbox.c.id)
            return list(db.read(lambda c: c.execute(asked).all()))
        finally:
            db.close()


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    port, clock = free_port(), Clock()
    with Stage(f"http://127.0.0.1:{port}") as stage:
        stage.twilio.now = stage.zendesk.now = clock
        yield Life(stage, port, f"sqlite:///{tmp_path}/connector.db", clock)


def texts(life: Life, text: str, customer: str = CUSTOMER) -> None:
    """Whoever listens; nobody may."""
    life.stage.twilio.customer_says(text, from_=customer)


def looks(stage: Stage) -> int:
    return sum(r.path == SHOW_MANY for r in list(stage.zendesk.requests))


def test_a39_a_comment_without_a_webhook_is_delivered_within_poll_every(
    life: Life, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is written right after a look, when the next is farthest away."""
    life.stage.zendesk.tell(False)
    took = []
    with life.running() as w:
        w.says(PLEA)
        ticket = w.ticket()
        w.hears(1)
        before = looks(life.stage)
        w.until(lambda: looks(life.stage) > before, "a look")
        for number in range(2):
            began = time.monotonic()
            life.stage.zendesk.agent_replies(ticket, f"Comment {number}", author="Ana")
            w.hears(number + 2)
            took.append(time.monotonic() - began)
        w.rests()
        assert w.phone()[1:] == ["Ana: Comment 0", "Ana: Comment 1"]
    with capsys.disabled():
        told = ", ".join(f"{seconds:.1f} s" for seconds in took)
        print(f"\nA39: no webhook, poll_every 10 s: delivered after {told}")
    assert max(took) <= life.poll_every.total_seconds()


def test_a39_a_ticket_that_is_deleted_or_solved_without_a_webhook(life: Life) -> None:
    life.stage.zendesk.tell(False)
    life.poll_every = 2 * SECOND
    other = "+12025550148"
    with life.running() as w:
        w.says(PLEA)
        first = w.ticket()
        w.says(PLEA, other)
        second = w.ticket(2)
        w.hears(1)
        w.hears(1, other)
        life.stage.zendesk.delete(first)
        life.stage.zendesk.agent_replies(second, "Done", author="Ana", solve=True)
        assert w.hears(3, other)[1] == "Ana: Done"
        w.until(lambda: found_gone(life.stage, first), "the end of that ticket")
        w.rests()
        w.says("Where is my parcel?")
        w.hears(2)  # the bot has the customer back


def found_gone(stage: Stage, ticket: int) -> bool:
    path = f"/api/v2/tickets/{ticket}.json"
    return any((r.path, r.status) == (path, 404) for r in list(stage.zendesk.requests))


def test_a_comment_written_while_the_connector_was_down_is_delivered_once(life: Life) -> None:
    with life.running() as w:
        w.says(PLEA)
        ticket = w.ticket()
        w.hears(1)
        w.rests()
    life.clock.forward(minutes=20)
    life.stage.zendesk.agent_replies(ticket, "Are you there?", author="Ana").wait()
    life.stage.zendesk.agent_notes(ticket, "canary").wait()
    with life.running() as w:
        assert w.hears(2)[1:] == ["Ana: Are you there?"]
        life.clock.forward(minutes=2)  # past the history's hidden minute, and another look
        before = looks(life.stage)
        w.until(lambda: looks(life.stage) > before + 1, "two more looks")
        w.rests()
        assert len(w.phone()) == 2


def test_a_comment_on_a_solved_ticket_while_down_is_delivered_once(life: Life) -> None:
    with life.running() as w:
        w.says(PLEA)
        ticket = w.ticket()
        w.hears(1)
        life.stage.zendesk.agent_replies(ticket, "Done", author="Ana", solve=True)
        w.hears(3)
        w.rests()
        w.until(lambda: history(life.stage), "a first look at the history")
    life.clock.forward(minutes=20)
    life.stage.zendesk.agent_replies(ticket, "One more thing", author="Ana").wait()
    life.clock.forward(minutes=20)
    with life.running() as w:
        assert w.hears(4)[3:] == ["Ana: One more thing"]
        before = history(life.stage)
        w.until(lambda: history(life.stage) > before + 1, "two more looks")
        w.rests()
        assert len(w.phone()) == 4


def history(stage: Stage) -> int:
    return sum(r.path.startswith("/api/v2/incremental/") for r in list(stage.zendesk.requests))


def test_who_is_no_admin_is_asked_for_history_once_and_all_else_works(life: Life) -> None:
    life.stage.zendesk.api_user["role"] = "agent"
    life.stage.zendesk.tell(False)
    life.poll_every, life.every = 2 * SECOND, SECOND
    with life.running() as w:
        w.says(PLEA)
        ticket = w.ticket()
        w.hears(1)
        life.stage.zendesk.agent_replies(ticket, "Hello", author="Ana")
        assert w.hears(2)[1:] == ["Ana: Hello"]
        w.until(lambda: looks(life.stage) > 2, "some looks")
        assert history(life.stage) == 1


def test_texts_whose_webhooks_are_lost_are_answered_once(life: Life) -> None:
    with life.running() as w:
        w.says("Where is my parcel?")
        w.hears(1)
        life.stage.twilio.lose(True)
        texts(life, "And how do I return something?")
        texts(life, "It is too small")
        life.clock.forward(seconds=11)
        w.hears(2)
        w.rests()
        assert len(w.phone()) == 2
    wrote = [e.external_id for e in life.events("CustomerMessaged")]
    listed = [m.sid for m in life.stage.twilio.messages() if m.direction == "inbound"]
    assert wrote == listed


def test_a_late_webhook_and_what_was_listed_are_one(life: Life) -> None:
    picture = Media("image/png", "shoe.png", b"\x89PNG")
    with life.running() as w:
        w.says(PLEA)
        ticket = w.ticket()
        w.hears(1)
        life.stage.twilio.courier.hold()
        held = life.stage.twilio.customer_says("This shoe", from_=CUSTOMER, media=[picture])
        life.clock.forward(seconds=11)
        w.public(ticket, 1)
        life.stage.twilio.courier.release()
        assert held.wait() == 200
        w.says("Thank you")
        assert [text.split("\n")[0] for text in w.public(ticket, 2)] == ["This shoe", "Thank you"]
        w.rests()
    _, late, _ = life.events("CustomerMessaged")
    form = dict(part.split("=", 1) for part in held.body.decode().split("&"))
    assert late.external_id == form["MessageSid"]
    assert "/Media/ME" in late.payload


def test_what_was_written_before_the_first_start_is_not_answered(life: Life) -> None:
    texts(life, "An old message")
    life.clock.forward(minutes=3)
    with life.running() as w:
        w.says("Where is my parcel?", "+12025550148")
        w.hears(1, "+12025550148")
        life.clock.forward(minutes=1)
        w.until(lambda: lists(life.stage) > 2, "some lists")
        w.rests()
        assert w.phone() == []


def lists(stage: Stage) -> int:
    asked = [r for r in list(stage.twilio.requests) if r.method == "GET"]
    return sum(r.path.endswith("/Messages.json") for r in asked)


WAITING, NEW, OF_EACH, COMMENTS = 10, 150, 5, 5


def test_target_7_an_hour_down_without_redelivery_all_is_recovered(
    life: Life, capsys: pytest.CaptureFixture[str]
) -> None:
    """200 texts and 50 comments: those of ten customers with a ticket, and 150 new ones."""
    waiting = [f"+1202555{n:04}" for n in range(WAITING)]
    new = [f"+1202556{n:04}" for n in range(NEW)]
    with life.running() as w:
        tickets = {}
        for number, customer in enumerate(waiting, 1):
            w.says(PLEA, customer)
            tickets[customer] = w.ticket(number)
            w.hears(1, customer)
        w.rests()
    down_for_an_hour(life, tickets, new)
    began = time.monotonic()
    with life.running() as w:
        for customer in new:
            w.hears(1, customer)
        for customer, ticket in tickets.items():
            w.until(lambda t=ticket: len(mirrored(w, t)) >= OF_EACH, "all texts on the ticket")  # type: ignore[misc]
            w.hears(1 + COMMENTS, customer)
        w.rests()
        took = time.monotonic() - began
        for customer, ticket in tickets.items():
            assert mirrored(w, ticket) == [f"Text {n} of it" for n in range(OF_EACH)]
            assert w.phone(customer)[1:] == [f"Ana: Comment {n}" for n in range(COMMENTS)]
        assert Counter(len(w.phone(customer)) for customer in new) == {1: NEW}
    stored = Counter(e.external_id for e in life.events("CustomerMessaged"))
    listed = [m.sid for m in life.stage.twilio.messages() if m.direction == "inbound"]
    recovered = sum(stored[sid] == 1 for sid in listed) - WAITING
    assert recovered == NEW + WAITING * OF_EACH == 200
    with capsys.disabled():
        print(
            f"\nTarget 7: down for an hour, no redelivery: {recovered} of 200 texts and "
            f"{WAITING * COMMENTS} of 50 comments recovered, once and in order, {took:.1f} s "
            "after the start"
        )


def mirrored(w: World, ticket: int) -> list[str]:
    """The customer's texts on the ticket; where its room is scarce, some share a comment."""
    return re.findall(r"Text \d+ of it", "\n".join(w.comments(ticket, public=True)))


def down_for_an_hour(life: Life, tickets: dict[str, int], new: list[str]) -> None:
    step = 3600 / (NEW + WAITING * (OF_EACH + COMMENTS))
    for number in range(OF_EACH):
        for customer, ticket in tickets.items():
            life.clock.forward(seconds=step)
            texts(life, f"Text {number} of it", customer)
            life.clock.forward(seconds=step)
            life.stage.zendesk.agent_replies(ticket, f"Comment {number}", author="Ana")
        for customer in new[number::OF_EACH]:
            life.clock.forward(seconds=step)
            texts(life, "Where is my parcel?", customer)
    life.clock.forward(seconds=step)
    assert life.stage.twilio.courier.idle(60)
    assert life.stage.zendesk.courier.idle(60)
    lost = [d for t in (life.stage.twilio, life.stage.zendesk) for d in t.courier.deliveries]
    assert sum(d.url is not None and d.status is None for d in lost) >= 250
