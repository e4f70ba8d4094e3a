"""The promises under generated histories: duplicates, reordering, lost answers, crashes anywhere.

A history is a list of things that customer, agent and fate do. After it the world comes to rest, and
the phone and the ticket must show what the promises of the design say, whatever happened between.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.ids import TicketId
from connector.domain.tickets import TicketStatus
from connector.errors import Rejected, Transient, Uncertain
from connector.pipeline.steps import step
from connector.storage import engine, schema
from connector.storage.tables import episodes
from tests.conftest import LONG
from tests.pipeline.rig import Crash, Rig, nothing

PLEA = "I want to talk to a human please"
OPERATIONS = ("send", "open_ticket", "add_comment", "changes", "answer", "summarise")

texts = st.tuples(st.just("text"), st.booleans())  # is the webhook delivered twice?
actions = st.one_of(
    texts,
    texts,
    st.tuples(st.just("plea"), st.booleans()),
    st.tuples(st.just("agent"), st.booleans()),  # does its webhook arrive?
    st.tuples(st.just("note"), st.booleans()),
    st.tuples(st.just("solve"), st.booleans()),
    st.tuples(st.just("steps"), st.integers(1, 6)),
    st.tuples(st.just("time"), st.sampled_from([0, 1, 2, 9, 30, 700])),
)
faults = st.lists(
    st.tuples(
        st.integers(1, 40),  # at the n-th call of any provider
        st.sampled_from(["before", "after"]),
        st.sampled_from(["crash", "transient", "uncertain", "rejected"]),
    ),
    max_size=4,
)


@dataclass
class World:
    """The rig, and beside it the reference: what was said, by whom."""

    rig: Rig
    customer: list[str] = field(default_factory=list)
    public: list[str] = field(default_factory=list)
    private: list[str] = field(default_factory=list)
    calls: int = 0
    rejected: bool = False

    def plan(self, planned: list[tuple[int, str, str]]) -> None:
        def hook(operation: str, when: str) -> None:
            self.calls += when == "before"
            for number, moment, kind in planned:
                if (number, moment) != (self.calls, when):
                    continue
                if kind == "crash":
                    raise Crash
                if kind == "transient" and when == "before":
                    raise Transient("t")
                if kind == "uncertain":
                    raise Uncertain("u")
                # Only what has not happened can be refused, and these two end a matter for good.
                if kind == "rejected" and when == "before" and operation in ("summarise", "answer"):
                    self.rejected = True
                    raise Rejected("r", code="refusal")

        self.rig.hook(hook)

    def alive(self, work: object, *arguments: object) -> None:
        """Run until it dies or is done; a crash loses what was in memory, which is nothing."""
        try:
            work(*arguments)  # type: ignore[operator]
        except Crash:
            return

    def act(self, kind: str, value: object) -> None:
        rig = self.rig
        newest = max(rig.desk.tickets, key=int, default=None)
        if kind in ("text", "plea"):
            words = f"{PLEA} nr" if kind == "plea" else "Question nr"
            self.customer.append(f"{words} {len(self.customer)}.")
            for _ in range(2 if value else 1):
                rig.texts_in(self.customer[-1], sid=f"SMin{len(self.customer)}")
        elif kind in ("agent", "note") and newest is not None:
            public = kind == "agent"
            said = self.public if public else self.private
            said.append(f"{kind} says {len(said)}.")
            rig.desk.agent_says(newest, said[-1], public=public)
            if value:
                rig.webhook(newest)
        elif kind == "solve" and newest is not None:
            rig.desk.tickets[newest].status = TicketStatus.SOLVED
            rig.webhook(newest)
        elif kind == "steps":
            for _ in range(int(str(value))):
                if due := rig.lanes_due():
                    self.alive(step, rig.parts, rig.random.choice(due))
        elif kind == "time":
            self.alive(rig.passes, float(str(value)))

    def rest(self) -> None:
        """Every webhook that got lost is made up for, and all faults are over."""
        for _ in range(20):
            self.alive(self.rig.passes, 60)
        self.rig.hook(nothing)
        for ticket in self.rig.desk.tickets:
            self.rig.webhook(ticket)
        self.rig.passes(2 * 3600)


def run(history: list[tuple[str, object]], planned: list[tuple[int, str, str]], seed: int) -> World:
    with tempfile.TemporaryDirectory() as folder:
        db = engine.connect(f"sqlite:///{Path(folder)}/t.db")
        schema.migrate(db)
        world = World(Rig(db, seed=seed))
        world.plan(planned)
        for kind, value in history:
            world.act(kind, value)
        world.rest()
        check(world)
        db.close()
        return world


def check(world: World) -> None:
    phone = world.rig.phone()
    nothing_lost(world, phone)
    agents_words_once_in_order(world, phone)
    assert not [t for t in phone if "note says" in t], "a private note went out"
    one_outcome_each(world)
    told_the_truth(world, phone)


def nothing_lost(world: World, phone: list[str]) -> None:
    """Each customer message got an answer of the bot's or stands in a ticket, never twice in one."""
    answered = " ".join(t for t in phone if "re: " in t)
    desk = world.rig.desk
    for said in world.customer:
        in_tickets = 0
        for ticket in desk.tickets:
            in_comments = desk.customer_texts(ticket).count(said)
            in_transcript = len(re.findall(re.escape(said), desk.transcript(ticket)))
            assert in_comments <= 1, f"{said!r} is doubled in ticket {ticket}"
            in_tickets += in_comments + in_transcript
        assert answered.count(said) <= 1, f"{said!r} was answered twice"
        assert in_tickets or said in answered, f"{said!r} was lost"
    for ticket in desk.tickets:
        order = [world.customer.index(t) for t in desk.customer_texts(ticket)]
        assert order == sorted(order), f"ticket {ticket} is out of order"


def agents_words_once_in_order(world: World, phone: list[str]) -> None:
    heard = [t.removeprefix("Ana: ") for t in phone if t.startswith("Ana: ")]
    assert Counter(heard) == Counter(world.public)
    by_ticket = {
        ticket: [c.text for c, _ in made.comments if c.by_agent and c.public]
        for ticket, made in world.rig.desk.tickets.items()
    }
    for said in by_ticket.values():
        assert [t for t in heard if t in said] == said


def one_outcome_each(world: World) -> None:
    rows = world.rig.db.read(lambda c: c.execute(episodes.select()).all())
    assert len({r.id for r in rows}) == len(rows)
    newest = max((r.number for r in rows), default=0)
    assert all(r.outcome for r in rows if r.number < newest)
    solved = [t for t, x in world.rig.desk.tickets.items() if x.status is TicketStatus.SOLVED]
    ended = [r.ticket for r in rows if r.outcome == "agent_resolved"]
    assert set(ended) <= set(solved)


def told_the_truth(world: World, phone: list[str]) -> None:
    """As many promises of a person as there are tickets: not one more."""
    tickets = len(world.rig.desk.tickets)
    assert sum(t.startswith("<handoff:") for t in phone) == tickets
    assert all(TicketId(str(n)) in world.rig.desk.tickets for n in range(1, tickets + 1))


@settings(max_examples=2_000 if LONG else 60)
@given(st.lists(actions, max_size=25), faults, st.integers(0, 10_000))
def test_the_promises_hold(
    history: list[tuple[str, object]], planned: list[tuple[int, str, str]], seed: int
) -> None:
    run(history, planned, seed)


def test_a_crash_at_every_call_of_the_story_loses_and_doubles_nothing() -> None:
    """Before and after each provider call of the main story, one at a time, then all again."""
    story: list[tuple[str, object]] = [
        ("text", True), ("time", 2), ("text", False), ("time", 2), ("plea", False), ("time", 1),
        ("text", False), ("agent", True), ("note", True), ("time", 2), ("agent", False),
        ("text", True), ("solve", True), ("time", 2), ("text", False), ("time", 2),
    ]  # fmt: skip
    calls = run(story, [], 1).calls
    assert calls > 15
    for number in range(1, calls + 1):
        for when in ("before", "after"):
            run(story, [(number, when, "crash")], 1)
