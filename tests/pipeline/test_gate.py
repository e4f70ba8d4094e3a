"""Upstreams that are out, limits that are kept, and comments that go together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from connector.domain.ids import TicketId
from connector.domain.limits import Limit
from connector.errors import ProviderError, Rejected, Transient, Uncertain
from connector.pipeline import circuit
from connector.storage import engine, schema, upstreams
from connector.storage.engine import Database
from connector.storage.tables import outbox
from tests.pipeline.rig import Rig

PLEA = "I want to talk to a human please"
ONE = TicketId("1")
S = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (Transient("unreachable"), True), (Transient("503", status=503), True),
        (Transient("429", status=429), False), (Transient("409", status=409), False),
        (Uncertain("reset"), True), (Rejected("422", status=422), False),
        (Transient("401", status=401), True),
    ],
)  # fmt: skip
def test_what_says_something_of_the_upstream(error: ProviderError, outage: bool) -> None:
    assert circuit.is_outage(error) is outage


@pytest.mark.parametrize(
    ("failures", "pause"),
    [(1, None), (4, None), (5, 2 * S), (6, 4 * S), (8, 16 * S), (9, 30 * S), (99, 30 * S)],
)
def test_how_long_an_upstream_is_left_alone(failures: int, pause: timedelta | None) -> None:
    assert circuit.pause(failures) == pause


def fails(operation: str, error: Exception, until: Callable[[], bool]) -> object:
    def hook(asked: str, when: str) -> None:
        if asked == operation and when == "before" and not until():
            raise error

    return hook


def test_an_outage_is_found_by_a_few_calls_and_its_end_by_one(db: Database) -> None:
    """Many conversations wait; while the helpdesk is out it gets a call now and then, not from each."""
    rig = Rig(db)
    calls = 0
    out = True

    def hook(operation: str, when: str) -> None:
        nonlocal calls
        if operation == "open_ticket" and when == "before":
            calls += 1
            if out:
                raise Transient("down", status=503)

    rig.hook(hook)
    customers = [f"+1555010{n:02}" for n in range(15)]
    for customer in customers:
        rig.texts_in(PLEA, customer=customer)
    rig.passes(600)
    assert not rig.desk.tickets
    # Five to find out, one each 30 s and a little to look again.
    assert calls < 5 + 15 + 600 / 30 + 5
    assert [rig.phone(c) for c in customers] == [["<handoff_delayed:en>"]] * 15
    out, before = False, calls
    rig.passes(120)
    assert len(rig.desk.tickets) == 15
    assert calls - before == 15
    assert db.read(lambda c: upstreams.circuit(c, "helpdesk:main")) == upstreams.CLOSED
    assert all(rig.phone(c)[-1] == "<handoff:en>" for c in customers)


@pytest.mark.parametrize("operation", ["open_ticket", "send", "answer"])
def test_an_hours_outage_is_drained_within_ten_minutes_and_nothing_is_buried(
    tmp_path: Path, operation: str
) -> None:
    """RELIABILITY target 6, on a virtual clock."""
    db = engine.connect(f"sqlite:///{tmp_path}/t.db")
    schema.migrate(db)
    rig = Rig(db)
    began = rig.at
    over = lambda: rig.at - began >= timedelta(hours=1)  # noqa: E731
    rig.hook(fails(operation, Transient("down", status=503), over))  # type: ignore[arg-type]
    customers = [f"+1555020{n:02}" for n in range(20)]
    for number in range(60):
        rig.texts_in(PLEA if number % 2 else "Where is it?", customer=customers[number % 20])
        rig.passes(60)
    rig.passes(600)
    states = db.read(lambda c: [r.state for r in c.execute(outbox.select())])
    assert set(states) <= {"done", "cancelled", "refused"}
    refused = [s for s in states if s == "refused"]
    assert not refused or operation == "answer"  # a person took over from a bot that was out
    assert len(rig.desk.tickets) >= 10
    assert all(rig.phone(c) for c in customers)
    db.close()


def test_while_the_model_is_out_a_person_takes_over_at_once(db: Database) -> None:
    rig = Rig(db)
    rig.hook(fails("answer", Transient("overloaded", status=529), lambda: False))  # type: ignore[arg-type]
    for number in range(2):
        rig.texts_in("Where is it?", customer=f"+155503{number:03}")
        rig.passes(60)
    asked = 0

    def hook(operation: str, when: str) -> None:
        nonlocal asked
        asked += operation == "answer" and when == "before"
        if operation == "answer":
            raise Transient("overloaded", status=529)

    rig.hook(hook)
    rig.db.write(lambda c: upstreams.leave_alone(c, "bot:", rig.at + timedelta(hours=1)))
    rig.texts_in("Where is my parcel?", customer="+15550399")
    rig.passes(10)
    assert asked == 0
    assert rig.phone("+15550399") == ["<handoff:->"]


def with_agent(db: Database, *limits: Limit) -> Rig:
    rig = Rig(db)
    rig.texts_in(PLEA)
    rig.passes(5)
    rig.desk.limits = limits
    return rig


def test_a43_a_busy_chat_keeps_the_limit_and_its_messages_stand_together_in_order(
    db: Database,
) -> None:
    rig = with_agent(db, Limit("ticket:1", every=30 * S, burst=8))
    comments = len(rig.desk.tickets[ONE].comments)
    said = [f"Message {n}" for n in range(60)]
    for text in said:
        rig.texts_in(text)
        rig.passes(1)
    rig.passes(60)
    assert rig.desk.customer_texts(ONE) == said
    assert len(rig.desk.tickets[ONE].comments) - comments <= 8 + 120 // 30


def test_alone_each_message_is_a_comment_of_its_own(db: Database) -> None:
    rig = with_agent(db, Limit("ticket:1", every=30 * S, burst=8))
    before = len(rig.desk.tickets[ONE].comments)
    rig.texts_in("One")
    rig.texts_in("Two")
    rig.passes(1)
    assert len(rig.desk.tickets[ONE].comments) == before + 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_to_comments_that_went_together_doubles_and_loses_none(
    db: Database, when: str
) -> None:
    rig = with_agent(db, Limit("ticket:1", every=30 * S, burst=1))
    rig.texts_in("One")
    rig.texts_in("Two")
    rig.texts_in("Three")
    lost: list[str] = []

    def hook(operation: str, moment: str) -> None:
        if operation == "add_comment" and moment == when and len(lost) < 2:
            lost.append(operation)
            raise Uncertain("reset")

    rig.hook(hook)
    rig.passes(600)
    assert lost
    assert rig.desk.customer_texts(ONE) == ["One", "Two", "Three"]


def test_a_closed_ticket_refuses_all_that_went_together_and_the_bot_gets_them(db: Database) -> None:
    rig = with_agent(db, Limit("ticket:1", every=30 * S, burst=1))
    rig.texts_in("One")
    rig.passes(1)

    def hook(operation: str, moment: str) -> None:
        if operation == "add_comment" and moment == "before":
            raise Rejected("closed", code="closed")

    rig.hook(hook)
    for text in ("Two", "Three"):
        rig.texts_in(text)
    rig.passes(120)
    assert rig.phone()[-1].endswith("re: Two | Three")
