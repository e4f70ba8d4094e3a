"""Read and typing, beside the lanes: shown at the right moment, and nothing ever waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from connector.domain.ids import Address, ExternalId, TicketId
from connector.errors import Rejected, Transient, Uncertain
from connector.pipeline.aside import MOST, Aside, Job
from connector.storage import engine, schema, upstreams
from connector.storage.engine import Database
from connector.storage.tables import attempts
from tests.domain.decide.given import PLEA
from tests.pipeline.rig import CHANNEL, FakeChannel, Rig

CUSTOMER = "+15550123"


@dataclass
class Showing(FakeChannel):
    """Shows both, and writes down what it showed."""

    typing_lasts: timedelta = timedelta(seconds=5)
    shown: list[tuple[str, str]] = field(default_factory=list)
    fault: Callable[[], None] = lambda: None

    def show_typing(self, customer: Address, message: ExternalId) -> None:
        self.shown.append(("typing", message))
        self.fault()

    def mark_read(self, customer: Address, message: ExternalId) -> None:
        self.shown.append(("read", message))
        self.fault()


class AtOnce(Aside):
    """What is put is done before anything else."""

    def put(self, job: Job, wait: float = 0.0) -> None:
        job()


class Later(Aside):
    """What is put is done when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[Job] = []

    def put(self, job: Job, wait: float = 0.0) -> None:
        self.jobs.append(job)

    def run(self) -> list[float | None]:
        jobs, self.jobs = self.jobs, []
        return [job() for job in jobs]


@pytest.fixture
def db(tmp_path: object) -> Iterator[Database]:
    made = engine.connect(f"sqlite:///{tmp_path}/connector.db")
    schema.migrate(made)
    yield made
    made.close()


@pytest.fixture
def channel() -> Showing:
    return Showing()


@pytest.fixture
def rig(db: Database, channel: Showing) -> Rig:
    made = Rig(db, channel=channel)
    made.parts = replace(made.parts, aside=AtOnce())
    return made


def in_reverse(rig: Rig) -> Later:
    later = Later()
    rig.parts = replace(rig.parts, aside=later)
    return later


def test_typing_is_shown_when_the_bot_is_asked_and_names_the_newest_message(
    rig: Rig, channel: Showing
) -> None:
    for text in ("Hello", "where is my parcel?"):
        rig.texts_in(text)
    assert channel.shown == []
    rig.passes(2)
    assert channel.shown == [("typing", "SM2")]
    assert len(rig.phone()) == 1


def test_a_person_has_it_read_and_never_typing(rig: Rig, channel: Showing) -> None:
    rig.texts_in(PLEA)
    rig.passes(2)
    assert channel.shown == [("read", "SM1")]
    rig.texts_in("order 4711")
    rig.passes(2)
    rig.desk.agent_says(TicketId("1"), "Thank you.")
    rig.webhook(TicketId("1"))
    rig.passes(2)
    assert channel.shown == [("read", "SM1"), ("read", "SM2")]  # as it stands in the ticket
    assert rig.phone()[-1] == "Ana: Thank you."


def test_what_comes_too_late_is_not_shown(rig: Rig, channel: Showing) -> None:
    """The answer is there: no dots after it, but the message was read."""
    later = in_reverse(rig)
    rig.texts_in("Where is my parcel?")
    rig.passes(2)
    later.run()
    assert channel.shown == [("read", "SM1")]


def test_no_typing_once_a_person_has_the_conversation(rig: Rig, channel: Showing) -> None:
    """The customer asks for one while the model is thinking, before the dots were shown."""
    later = in_reverse(rig)

    def plead(operation: str, when: str) -> None:
        if (operation, when) == ("answer", "before") and rig.texts == 1:
            rig.texts_in(PLEA)
            rig.drain()
            later.run()

    rig.bot.hook = plead
    rig.texts_in("Where is my parcel?")
    rig.passes(2)
    later.run()
    assert [name for name, _ in channel.shown if name == "typing"] == []


def test_it_is_shown_again_for_as_long_as_the_model_thinks(rig: Rig, channel: Showing) -> None:
    later = in_reverse(rig)
    waits: list[float | None] = []

    def think(operation: str, when: str) -> None:
        if (operation, when) == ("answer", "before"):
            waits.extend(job() for job in later.jobs * 2)

    rig.bot.hook = think
    rig.texts_in("Where is my parcel?")
    rig.passes(2)
    assert waits == [4.5, 4.5]
    assert later.run() == [None]
    assert channel.shown == [("typing", "SM1")] * 2


def test_who_opted_out_sees_nothing(rig: Rig, channel: Showing) -> None:
    rig.texts_in("Where is my parcel?")
    rig.consents("stop")
    rig.passes(2)
    assert channel.shown == []


def test_a_provider_that_is_out_is_left_alone(rig: Rig, channel: Showing, db: Database) -> None:
    until = rig.at + timedelta(minutes=1)

    def out(connection: object) -> None:
        upstreams.failed(connection, f"channel:{CHANNEL}")  # type: ignore[arg-type]
        upstreams.leave_alone(connection, f"channel:{CHANNEL}", until)  # type: ignore[arg-type]

    db.write(out)
    rig.texts_in("Where is my parcel?")
    rig.passes(2)
    assert channel.shown == []


@pytest.mark.parametrize("error", [Transient("x"), Rejected("x"), Uncertain("x"), ValueError("x")])
def test_its_failure_changes_nothing(
    error: Exception, rig: Rig, channel: Showing, db: Database
) -> None:
    def fail() -> None:
        raise error

    channel.fault = fail
    aside = Aside()
    rig.parts = replace(rig.parts, aside=aside)
    began = rig.at
    rig.texts_in("Where is my parcel?")
    rig.passes(2)
    aside.close()
    assert rig.phone() == ["<automated:-> re: Where is my parcel?"]
    assert rig.at - began == timedelta(seconds=2)
    assert (
        db.read(lambda c: c.scalar(select(func.count()).select_from(attempts))) == 2
    )  # the bot's, the message's
    assert db.read(lambda c: upstreams.circuit(c, f"channel:{CHANNEL}")) == upstreams.CLOSED


def test_an_answer_does_not_wait_for_it(rig: Rig, channel: Showing) -> None:
    shows, gone_on = threading.Event(), threading.Event()

    def hang() -> None:
        shows.set()
        assert gone_on.wait(10)

    channel.fault = hang
    rig.parts = replace(rig.parts, aside=Aside())
    rig.bot.hook = lambda operation, when: None if shows.wait(10) else pytest.fail("not shown")
    rig.texts_in("Where is my parcel?")
    rig.passes(2)
    assert len(rig.phone()) == 1  # while the provider still has not answered
    gone_on.set()
    rig.parts.aside.close()


def test_a_channel_that_shows_nothing_starts_no_thread(db: Database) -> None:
    rig = Rig(db)
    rig.texts_in("Where is my parcel?")
    rig.passes(2)
    assert len(rig.phone()) == 1
    assert rig.parts.aside._threads == []


def test_beside_the_lanes_work_is_bounded_dropped_and_survives_what_breaks() -> None:
    aside, held, free = Aside(), threading.Event(), threading.Event()
    done: list[int] = []
    finished = threading.Event()

    def hold() -> None:
        held.set()
        free.wait(10)

    def broken() -> None:
        raise RuntimeError

    for _ in range(4):
        aside.put(hold)
    assert held.wait(10)
    aside.put(broken)
    for number in range(MOST * 2):
        aside.put(lambda n=number: done.append(n))  # type: ignore[misc]
    aside.put(finished.set)  # no room for it
    free.set()
    aside.put(finished.set, 0.05)
    while not finished.wait(0.05):
        aside.put(finished.set)
    assert 0 < len(done) <= MOST  # there was no room for the others
    assert len(set(done)) == len(done)
    aside.close()
    aside.put(lambda: done.clear())
    assert done
