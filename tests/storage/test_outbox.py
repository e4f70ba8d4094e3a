"""Inbox and outbox: once, in order, and every state change only from where it is legal."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from connector.domain.effects import Direction, SendText
from connector.domain.events import CustomerMessaged, TimerFired
from connector.domain.ids import Address, ConversationId, ExternalId, MessageId
from connector.domain.lanes import INBOX, Lane
from connector.errors import StaleConversation
from connector.storage import conversations, inbox, lanes, outbox, tables
from connector.storage.engine import Database
from connector.storage.inbox import Arrival, Waiting
from connector.storage.outbox import Row, State
from connector.storage.tables import conversations as conversations_table

T0 = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
C = ConversationId("c1")
MINUTE = timedelta(minutes=1)


def arrival(name: str, conversation: ConversationId = C) -> Arrival:
    return Arrival("channel:sms", name, conversation, CustomerMessaged(T0, ExternalId(name), "hi"))


@pytest.fixture
def db(db: Database) -> Database:
    """With the conversation that the calls belong to."""
    row = {"id": C, "channel": "sms", "address": "+15550123", "holder": "WithBot", "episode": 1}
    row |= {"state": "{}", "version": 1, "updated_at": T0}
    db.write(lambda c: c.execute(conversations_table.insert(), row))
    return db


def send(number: int) -> SendText:
    return SendText(f"k{number}", MessageId(f"m{number}"), Address("+15550123"), "hello")


def first(db: Database) -> Row:
    row, _ = db.read(lambda c: outbox.first(c, C, Direction.CUSTOMER))
    assert row is not None
    return row


def upcoming(db: Database, now: datetime = T0) -> Waiting | datetime | None:
    waiting, later = db.read(lambda c: inbox.upcoming(c, C, now))
    return waiting or later


def test_a01_the_same_external_id_twice_is_one_event(db: Database) -> None:
    assert db.write(lambda c: inbox.add(c, [arrival("a"), arrival("a")], T0)) == [True, False]
    assert db.write(lambda c: inbox.add(c, [arrival("a"), arrival("b")], T0)) == [False, True]


def test_events_come_in_order_and_before_a_timer_that_ran_out_earlier(db: Database) -> None:
    db.write(lambda c: inbox.set_timer(c, C, "quiet", T0 - MINUTE))
    db.write(lambda c: inbox.add(c, [arrival("a"), arrival("b")], T0))
    seen = []
    while isinstance(waiting := upcoming(db), Waiting):
        seen.append(getattr(waiting.event, "external", None) or waiting.event.name)  # type: ignore[union-attr]
        db.write(lambda c, w=waiting: inbox.handled(c, C, w, T0))  # type: ignore[misc]
    assert seen == ["a", "b", "quiet"]


def test_a_timer_set_again_moves_and_is_due_once(db: Database) -> None:
    db.write(lambda c: inbox.set_timer(c, C, "quiet", T0))
    db.write(lambda c: inbox.set_timer(c, C, "quiet", T0 + MINUTE))
    assert upcoming(db) == T0 + MINUTE
    waiting = upcoming(db, T0 + MINUTE)
    assert isinstance(waiting, Waiting)
    assert waiting.event == TimerFired(T0 + MINUTE, "quiet")
    db.write(lambda c: inbox.handled(c, C, waiting, T0))
    assert upcoming(db, T0 + MINUTE) is None


def test_a_poison_event_holds_back_its_own_conversation_only(db: Database) -> None:
    db.write(lambda c: inbox.add(c, [arrival("a"), arrival("b", ConversationId("c2"))], T0))
    waiting = upcoming(db)
    assert isinstance(waiting, Waiting)
    db.write(lambda c: inbox.failed(c, C, waiting, T0 + MINUTE))
    assert upcoming(db) == T0 + MINUTE
    other, _ = db.read(lambda c: inbox.upcoming(c, ConversationId("c2"), T0))
    assert isinstance(other, Waiting)


def test_the_same_decision_again_queues_nothing_new(db: Database) -> None:
    for number in (1, 1, 2):
        db.write(lambda c, n=number: outbox.add(c, C, send(n), T0))  # type: ignore[misc]
    row = first(db)
    assert row.call == send(1)
    db.write(lambda c: outbox.finish(c, row, State.DONE, T0))
    assert first(db).call == send(2)


def test_a_row_is_begun_once_and_its_end_is_recorded_once(db: Database) -> None:
    db.write(lambda c: outbox.add(c, C, send(1), T0))
    row = first(db)
    assert db.write(lambda c: outbox.begin(c, row, T0)) is True
    assert db.write(lambda c: outbox.begin(c, row, T0)) is False
    trying = first(db)
    assert (trying.state, trying.attempts, trying.in_doubt) == (State.TRYING, 1, True)
    assert db.write(lambda c: outbox.finish(c, trying, State.DONE, T0)) is True
    assert db.write(lambda c: outbox.finish(c, trying, State.DONE, T0)) is False


def test_only_what_certainly_did_not_happen_can_be_cancelled(db: Database) -> None:
    for number in (1, 2):
        db.write(lambda c, n=number: outbox.add(c, C, send(n), T0))  # type: ignore[misc]
    row = first(db)
    db.write(lambda c: outbox.begin(c, row, T0))
    db.write(lambda c: outbox.cancel(c, C, ("k1", "k2"), T0))
    trying = first(db)
    assert trying.call == send(1)  # on its way: too late
    db.write(lambda c: outbox.postpone(c, trying, State.UNCERTAIN, T0, T0, "lost"))
    db.write(lambda c: outbox.cancel(c, C, ("k1",), T0))
    assert first(db).state is State.UNCERTAIN
    db.write(lambda c: outbox.postpone(c, first(db), State.DUE, T0, T0, "refused"))
    db.write(lambda c: outbox.cancel(c, C, ("k1",), T0))
    assert db.read(lambda c: outbox.first(c, C, Direction.CUSTOMER)) == (None, False)


def test_a_cancelled_row_is_not_begun(db: Database) -> None:
    db.write(lambda c: outbox.add(c, C, send(1), T0))
    row = first(db)
    db.write(lambda c: outbox.cancel(c, C, ("k1",), T0))
    assert db.write(lambda c: outbox.begin(c, row, T0)) is False


def test_a_sweep_finds_every_lane_with_something_to_do(db: Database) -> None:
    db.write(lambda c: inbox.add(c, [arrival("a")], T0))
    db.write(lambda c: inbox.set_timer(c, ConversationId("c2"), "idle", T0 + MINUTE))
    db.write(lambda c: outbox.add(c, C, send(1), T0))
    assert db.read(lanes.waiting) == {
        Lane(C, INBOX): T0,
        Lane(ConversationId("c2"), INBOX): T0 + MINUTE,
        Lane(C, "customer"): T0,
    }


def test_a_sweep_leaves_out_timers_that_are_far_off(db: Database) -> None:
    for number in (1, 2, 3):
        name = ConversationId(f"c{number}")
        db.write(lambda c, n=name, m=number: inbox.set_timer(c, n, "idle", T0 + m * MINUTE))  # type: ignore[misc]
    look = lanes.looking(db, lambda: T0, 2 * MINUTE)
    assert set(look().values()) == {T0 + MINUTE, T0 + 2 * MINUTE}


@pytest.mark.parametrize(
    "damage", [{"kind": "FromTheFuture"}, {"payload": '{"at": 1}'}, {"payload": "{"}]
)
def test_an_event_of_a_newer_version_is_told_from_others(
    db: Database, damage: dict[str, str]
) -> None:
    db.write(lambda c: inbox.add(c, [arrival("a")], T0))
    db.write(lambda c: c.execute(update(tables.inbox).values(**damage)))
    waiting = upcoming(db)
    assert isinstance(waiting, Waiting)
    assert waiting.event == inbox.Unreadable()
    db.write(lambda c: inbox.failed(c, C, waiting, T0 + MINUTE))
    assert upcoming(db) == T0 + MINUTE


def test_a_timer_that_could_not_be_handled_comes_back(db: Database) -> None:
    db.write(lambda c: inbox.set_timer(c, C, "idle", T0))
    waiting = upcoming(db)
    assert isinstance(waiting, Waiting)
    db.write(lambda c: inbox.failed(c, C, waiting, T0 + MINUTE))
    assert upcoming(db) == T0 + MINUTE


def test_a_worker_that_was_paused_does_not_overwrite_a_newer_state(db: Database) -> None:
    ours = db.write(lambda c: conversations.ensure(c, "sms", Address("+1555"), T0))
    loaded = db.read(lambda c: conversations.load(c, ours))
    assert loaded is not None
    first, second = replace(loaded, language="de"), replace(loaded, language="fr")
    db.write(lambda c: conversations.save(c, loaded, first, (), T0))
    with pytest.raises(StaleConversation):
        db.write(lambda c: conversations.save(c, loaded, second, (), T0))
    again = db.read(lambda c: conversations.load(c, ours))
    assert again is not None
    assert again.language == "de"


def test_a_conversation_is_begun_once(db: Database) -> None:
    one = db.write(lambda c: conversations.ensure(c, "sms", Address("+1555"), T0))
    two = db.write(lambda c: conversations.ensure(c, "sms", Address("+1555"), T0))
    assert one == two
    assert db.read(lambda c: conversations.load(c, one)) is not None


def test_a_worker_that_was_paused_can_neither_handle_an_event_twice_nor_overwrite(
    db: Database,
) -> None:
    db.write(lambda c: inbox.add(c, [arrival("1")], T0))
    late = upcoming(db)
    assert isinstance(late, Waiting)
    db.write(lambda c: inbox.handled(c, C, late, T0))
    with pytest.raises(StaleConversation):
        db.write(lambda c: inbox.handled(c, C, late, T0 + MINUTE))


def test_a_timer_that_was_set_anew_is_not_taken_away_by_who_saw_the_old_one_run_out(
    db: Database,
) -> None:
    db.write(lambda c: inbox.set_timer(c, C, "quiet", T0))
    late = upcoming(db, T0)
    assert isinstance(late, Waiting)
    db.write(lambda c: inbox.set_timer(c, C, "quiet", T0 + MINUTE))
    with pytest.raises(StaleConversation):
        db.write(lambda c: inbox.handled(c, C, late, T0))
    assert upcoming(db, T0) == T0 + MINUTE


def test_of_two_that_loaded_the_same_conversation_the_second_to_save_is_stale(
    db: Database,
) -> None:
    """At the same time: on Postgres the second waits for the first one's lock, and then sees."""
    address = Address("+15550199")
    ours = db.write(lambda c: conversations.ensure(c, "sms", address, T0))
    loaded = db.read(lambda c: conversations.load(c, ours))
    assert loaded is not None
    both, results = threading.Barrier(2), list[str]()

    def save() -> None:
        both.wait(5)
        try:
            db.write(lambda c: conversations.save(c, loaded, loaded, (), T0))
            results.append("saved")
        except StaleConversation:
            results.append("stale")

    threads = [threading.Thread(target=save) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(results) == ["saved", "stale"]
    after = db.read(lambda c: conversations.load(c, ours))
    assert after is not None
    assert after.version == loaded.version + 1
