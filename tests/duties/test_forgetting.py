"""A conversation is forgotten (A60): no word, name, address or id of it is left, and the shape stays."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, func, select

from connector import fleet
from connector.domain.conversation import Ended
from connector.domain.ids import Address, TicketId, conversation_id
from connector.domain.lanes import Lane
from connector.errors import StorageUnavailable
from connector.pipeline import forgetting as pipeline
from connector.pipeline.steps import step
from connector.reports import handoffs, listing
from connector.reports.periods import Kind, Period
from connector.runners.jobs import Jobs
from connector.storage import conversations, engine, forgetting, lanes, ops
from connector.storage.engine import Database
from connector.storage.forgetting import Left, TicketUnderWay
from connector.storage.owned import LeftTicket
from connector.storage.tables import attempts, considered, episodes, inbox, messages, metadata
from connector.storage.tables import conversations as conversations_
from connector.storage.tables import outbox as calls
from tests.domain.decide.given import T0
from tests.duties.given import (
    OURS,
    PLEA,
    WHO,
    everything,
    found,
    one_episode,
    writes,
)
from tests.pipeline.rig import CHANNEL, Rig
from tests.reports.given import NOW

OTHER = Address("+15550777")


def forget(rig: Rig, who: Address = WHO) -> Left:
    ours = rig.db.write(lambda c: conversations.of_address(c, CHANNEL, who))
    assert ours is not None
    left = rig.db.write(lambda c: forgetting.forget(c, ours, rig.at))
    assert left is not None
    return left


def shape(db: Database) -> list[int]:
    tables = (messages, episodes, considered, attempts, calls)
    return [db.read(lambda c, t=t: c.scalar(select(func.count()).select_from(t))) for t in tables]  # type: ignore[misc]


def test_nothing_is_left_of_what_was_said_and_by_whom(db: Database) -> None:
    rig = Rig(db)
    one_episode(rig)
    one_episode(rig, OTHER, "2")
    before = everything(db)
    assert len(found(before)) == 8  # each of the canaries was there
    rows, others = shape(db), before.count("5550777")
    left = forget(rig)
    text = everything(db)
    assert found(text, (OURS, "5550123")) == []
    mine = "\n".join(line for line in text.splitlines() if left.id in line)
    assert found(mine) == []
    assert mine.count(left.id) > 10
    assert left.tickets == (LeftTicket("main", TicketId("1")),)
    assert left.fields == ("360004",)
    assert shape(db) == rows  # no row is gone, so nothing that is counted is
    assert text.count("5550777") == others  # the other customer has everything
    forget(rig, OTHER)
    assert found(everything(db)) == []


def test_every_table_that_names_conversations_is_known(db: Database) -> None:
    """A table that is new has to be thought of here and in storage/forgetting."""
    rig = Rig(db)
    one_episode(rig)
    forget(rig)
    known = {"conversations", "messages", "episodes", "considered", "inbox", "outbox", "timers",
             "links", "model_calls", "alarms"}  # fmt: skip
    named = {t.name for t in metadata.tables.values() if "conversation_id" in t.c}
    assert named | {"conversations"} == known


def test_reports_and_lists_say_what_they_said(db: Database) -> None:
    rig = Rig(db)
    one_episode(rig)
    one_episode(rig, OTHER, "2")
    period = Period.of(Kind.MONTH, NOW, ZoneInfo("UTC"))

    def told() -> tuple[object, ...]:
        def read(c: Connection) -> tuple[object, ...]:
            number, rows = listing.listed(c, period, listing.Wanted(), 1)
            seen = [(r.number, r.channel, r.language, r.started_at, r.outcome) for r in rows]
            return handoffs.figures(c, period), handoffs.times(c, period), number, sorted(seen)

        return db.read(read)

    before = told()
    assert before[2] == 2
    forget(rig)
    assert told() == before


def test_who_writes_again_is_somebody_new(db: Database) -> None:
    rig = Rig(db)
    one_episode(rig)
    heard = len(rig.phone())
    forget(rig)
    writes(rig, "Hello again")
    rig.passes(5)
    assert len(rig.phone()) == heard + 1
    new = db.read(lambda c: conversations.of_address(c, CHANNEL, WHO))
    assert new not in (None, OURS)
    assert new is not None
    fresh = db.read(lambda c: conversations.load(c, new))
    assert fresh is not None
    assert (fresh.seq, fresh.episode.number, fresh.earlier) == (2, 1, ())
    # A ticket of its own: neither the key nor the id of the old one is used again.
    writes(rig, PLEA)
    rig.passes(30)
    drafts = [t.draft for t in rig.desk.tickets.values()]
    assert len({d.key for d in drafts}) == len({d.external_id for d in drafts}) == 2


def test_what_is_told_once_more_is_no_news(db: Database) -> None:
    rig = Rig(db)
    writes(rig, "zanzibar", id="wamid.Canary1")
    rig.passes(5)
    forget(rig)
    rows = shape(db)
    writes(rig, "zanzibar", id="wamid.Canary1")
    rig.receipt("SMout1", "delivered")
    assert db.read(lambda c: conversations.of_address(c, CHANNEL, WHO)) is None
    writes(rig, "something new")
    writes(rig, "zanzibar", id="wamid.Canary1")
    rig.passes(5)
    assert found(everything(db), ("zanzibar", "wamid.Canary1")) == []
    assert shape(db)[0] == rows[0] + 2  # what is new, and its answer


def test_stop_goes_on_to_count_and_start_ends_that(db: Database) -> None:
    rig = Rig(db)
    writes(rig, "Hello")
    rig.passes(5)
    rig.consents("stop")
    rig.drain()
    forget(rig)
    assert found(everything(db), ("5550123", OURS)) == []
    heard = len(rig.phone())
    writes(rig, "Are you there?")
    rig.passes(10)
    assert len(rig.phone()) == heard
    rig.consents("start")
    writes(rig, "And now?")
    rig.passes(10)
    assert len(rig.phone()) > heard


@pytest.mark.parametrize("moment", ["answer", "send", "add_comment", "changes"])
def test_what_is_under_way_comes_back_to_nobody(db: Database, moment: str) -> None:
    """It is forgotten while a provider has the call in its hands."""
    rig = Rig(db)
    done: list[str] = []

    def hook(operation: str, when: str) -> None:
        if operation == moment and when == "after" and not done:
            done.append(forget(rig).id)

    writes(rig, "zanzibar")
    if moment != "answer":
        rig.passes(5)
        writes(rig, PLEA)
    rig.hook(hook)
    rig.passes(60)
    assert done
    rig.passes(90_000)
    assert found(everything(db)) == []
    assert db.read(lanes.waiting) == {}
    writes(rig, "A new beginning")
    rig.passes(5)
    assert rig.phone()[-1].endswith("re: A new beginning")


def test_a_ticket_that_may_have_been_made_is_waited_for(db: Database) -> None:
    rig = Rig(db)
    refused: list[bool] = []

    def hook(operation: str, when: str) -> None:
        if operation == "open_ticket" and when == "after":
            with pytest.raises(TicketUnderWay):
                forget(rig)
            refused.append(True)

    rig.hook(hook)
    writes(rig, PLEA)
    rig.passes(60)
    assert refused
    assert forget(rig).tickets == (LeftTicket("main", TicketId("1")),)


def test_what_waits_is_given_up_and_the_open_episode_has_its_outcome(db: Database) -> None:
    rig = Rig(db)
    writes(rig, PLEA)  # stored, and not looked at yet
    left = forget(rig)
    assert db.read(lanes.waiting) == {}
    kept = db.read(lambda c: conversations.load(c, left.id))
    assert kept is not None
    assert isinstance(kept.holder, Ended)
    assert kept.messages == ()
    unhandled = select(func.count()).where(inbox.c.handled_at.is_(None))
    assert db.read(lambda c: c.scalar(unhandled)) == 0
    writes(rig, PLEA)
    rig.passes(30)
    forget(rig)
    rows = db.read(lambda c: c.execute(select(episodes.c.outcome, episodes.c.ended_at)).all())
    assert [r.outcome for r in rows] == ["released"]
    assert rows[0].ended_at == rig.at > T0


def test_nobody_is_forgotten_twice(db: Database) -> None:
    rig = Rig(db)
    one_episode(rig)
    left = forget(rig)
    assert db.write(lambda c: forgetting.forget(c, OURS, rig.at)) is None
    assert left.id.startswith(forgetting.MARK)


def test_of_a_ticket_that_others_were_merged_into_only_ones_own_is_taken(db: Database) -> None:
    rig = Rig(db)
    for who, text in ((WHO, PLEA), (OTHER, "I want to talk to a human please")):
        writes(rig, text, who)
        rig.passes(30)
    rig.desk.merge(TicketId("1"), TicketId("2"))
    rig.webhook("1")
    rig.passes(5)
    writes(rig, "zanzibar, once more")
    rig.passes(5)
    rig.desk.agent_says(TicketId("2"), "Hello, both of you")
    rig.webhook("2")
    rig.passes(5)
    assert "zanzibar" in "".join(rig.desk.customer_texts(TicketId("2")))
    own = [c.id for c, d in rig.desk.tickets[TicketId("2")].comments if d and OURS in d.key]
    first, second = forget(rig).tickets
    assert first == LeftTicket("main", TicketId("1"))
    assert second.id == "2"
    assert set(own) <= set(second.comments)
    others = {
        c.id for c, d in rig.desk.tickets[TicketId("2")].comments if not d or OURS not in d.key
    }
    assert not others & set(second.comments)
    # What the other customer's conversation has read of that ticket held the words as well.
    left = [each for each in found(everything(db)) if each in ("zanzibar", "5550123", OURS)]
    assert left == []
    heard = len(rig.phone(OTHER))
    rig.desk.agent_says(TicketId("2"), "Still there?")
    rig.webhook("2")
    rig.passes(5)
    assert len(rig.phone(OTHER)) == heard + 1


def test_the_tickets_are_blotted_out_by_calls_and_the_log_says_who_wanted_it(db: Database) -> None:
    rig = Rig(db)
    one_episode(rig)
    (left,) = pipeline.forget(db, [OURS, OURS], {CHANNEL: "main"}, "ana", rig.at)
    entries = db.read(ops.entries)
    assert [(e.account, e.action, e.subject) for _, e in entries] == [("ana", "forget", left.id)]
    (row,) = [r for r in rows_of(db) if r.kind == "Redact"]
    assert (row.state, row.conversation_id) == ("due", left.id)
    assert row.due_at == rig.at + timedelta(minutes=1)
    rig.passes(3600)
    (row,) = [r for r in rows_of(db) if r.kind == "Redact"]
    assert row.state == "refused"  # by this helpdesk, which can't
    assert "can't take anything back" in row.error
    assert found(everything(db)) == []
    one_episode(rig, OTHER, "2")
    other = db.read(lambda c: conversations.of_address(c, CHANNEL, OTHER))
    assert other is not None
    pipeline.forget(db, [other], None, "ana", rig.at)
    assert [r.kind for r in rows_of(db)].count("Redact") == 1  # the tickets are to stay


def rows_of(db: Database) -> list[Any]:
    return list(db.read(lambda c: c.execute(select(calls)).all()))


def test_who_is_forgotten_while_they_write_is_nobody_or_somebody_new(db: Database) -> None:
    """Webhooks, lanes and forgetting at the same time: nothing is left that belongs to nobody."""
    rig, over = Rig(db), threading.Event()

    def customer() -> None:
        for number in range(30):
            writes(rig, f"zanzibar {number}")
        over.set()

    def runner() -> None:
        while not over.is_set():
            for lane in rig.lanes_due():
                # A server may choose either of two to break a deadlock; a runner runs it again.
                with suppress(StorageUnavailable):
                    step(rig.parts, lane)

    threads = [threading.Thread(target=each) for each in (customer, runner)]
    for each in threads:
        each.start()
    while not over.is_set():
        if_known(rig)
    for each in threads:
        each.join()
    rig.passes(90_000)
    assert db.read(lanes.waiting) == {}
    assert orphans(db) == set()
    if_known(rig)
    assert found(everything(db)) == []


def if_known(rig: Rig) -> None:
    ours = rig.db.read(lambda c: conversations.of_address(c, CHANNEL, WHO))
    if ours is not None:
        pipeline.forget(rig.db, [ours], None, "ana", rig.at)


def orphans(db: Database) -> set[str]:
    """Conversations that rows speak of, and that there are not."""
    named = [select(table.c.conversation_id) for table in (inbox, calls, messages, episodes)]
    spoken_of = {name for asked in named for name in db.read(lambda c, a=asked: c.scalars(a).all())}  # type: ignore[misc]
    return spoken_of - set(db.read(lambda c: c.scalars(select(conversations_.c.id)).all()))


@pytest.mark.postgres
def test_its_jobs_go_with_it(postgres_url: str) -> None:
    fleet.migrate(postgres_url)
    db = engine.connect(postgres_url)
    rig = Rig(db)
    for who in (WHO, OTHER):
        writes(rig, "zanzibar", who)
    jobs = Jobs(lambda work: db.write(lambda c: work(cast("Any", c.connection).driver_connection)))
    other = conversation_id(CHANNEL, OTHER)
    for lane in (Lane(OURS, "inbox"), Lane(OURS, "customer"), Lane(other, "inbox")):
        jobs.put(lane, None)
    forget(rig)
    assert jobs.for_now() == {Lane(other, "inbox")}
    db.close()
