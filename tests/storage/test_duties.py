"""Duties are claimed once, cursors remember, and reconciliation's questions are answered right."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from connector.domain.events import CustomerMessaged
from connector.domain.ids import ConversationId, ExternalId, TicketId
from connector.storage import cursors, duties, engine, inbox, links, missed
from connector.storage.engine import Database
from connector.storage.inbox import Arrival
from connector.storage.tables import conversations, episodes

T0 = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def due(db: Database, name: str = "d") -> datetime | None:
    return db.read(lambda c: duties.due(c, name))


def plan(db: Database, at: datetime) -> None:
    db.write(lambda c: duties.plan(c, "d", at))


def claim(db: Database, at: datetime, until: datetime) -> bool:
    return db.write(lambda c: duties.claim(c, "d", at, until))


def test_a_duty_is_claimed_when_due_and_due_again_after_that(db: Database) -> None:
    assert due(db) is None
    assert not claim(db, T0, T0 + MINUTE)
    plan(db, T0)
    assert not claim(db, T0 - MINUTE, T0)
    assert claim(db, T0, T0 + MINUTE)
    assert not claim(db, T0, T0 + MINUTE)
    assert due(db) == T0 + MINUTE
    assert claim(db, T0 + MINUTE, T0 + 2 * MINUTE)  # whoever had it may have died


def test_planning_brings_forward_and_never_puts_off(db: Database) -> None:
    for at, expected in ((T0 + MINUTE, T0 + MINUTE), (T0, T0), (T0 + MINUTE, T0)):
        plan(db, at)
        assert due(db) == expected


def test_only_the_last_claimer_changes_the_time(db: Database) -> None:
    plan(db, T0)
    assert claim(db, T0, T0 + MINUTE)
    assert claim(db, T0 + MINUTE, T0 + 2 * MINUTE)
    db.write(lambda c: duties.again(c, "d", T0 + MINUTE, T0))
    assert due(db) == T0 + 2 * MINUTE
    db.write(lambda c: duties.again(c, "d", T0 + 2 * MINUTE, T0 + 9 * MINUTE))
    assert due(db) == T0 + 9 * MINUTE


def test_of_many_processes_exactly_one_claims(db: Database, database_url: str) -> None:
    """Each with its own connections to the same database, all asking at the same moment."""
    rounds, others = 20, [engine.connect(database_url) for _ in range(4)]
    plan(db, T0)
    together, won = threading.Barrier(len(others)), Counter[int]()

    def ask(other: Database) -> None:
        for number in range(rounds):
            together.wait()
            now = T0 + number * MINUTE
            if claim(other, now, now + MINUTE):
                won[number] += 1

    threads = [threading.Thread(target=ask, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    assert won == {number: 1 for number in range(rounds)}


def test_a_cursor_is_what_was_put_last(db: Database) -> None:
    assert db.read(lambda c: cursors.get(c, "x")) is None
    for value in ("first", "second"):
        db.write(partial(cursors.put, name="x", value=value, at=T0))
        assert db.read(lambda c: cursors.get(c, "x")) == value
    assert db.read(lambda c: cursors.get(c, "y")) is None


def conversation(db: Database, name: str, holder: str, *tickets: str) -> None:
    """The last of the tickets is the present episode's."""
    row: dict[str, object] = {"id": name, "channel": "sms", "address": name, "holder": holder}
    row |= {"state": "{}", "episode": len(tickets), "version": 1, "updated_at": T0}
    db.write(lambda c: c.execute(conversations.insert(), row))
    for number, ticket in enumerate(tickets, 1):
        episode = f"{name}-{number}"
        added: dict[str, object] = {
            "id": episode,
            "conversation_id": name,
            "channel": "sms",
            "number": number,
        }
        added |= {"started_at": T0, "ticket": ticket}
        db.write(partial(Connection.execute, statement=episodes.insert().values(added)))
        link(db, ConversationId(name), TicketId(ticket), episode)


def link(db: Database, ours: ConversationId, ticket: TicketId, episode: str) -> None:
    db.write(lambda c: links.link(c, "ticket", "main", ticket, ours, episode))


def test_tickets_under_way_are_those_that_have_a_conversation_now(db: Database) -> None:
    conversation(db, "c1", "WithAgent", "1", "4")
    conversation(db, "c2", "WithBot", "2")
    conversation(db, "c3", "WithAgent", "3")
    assert db.read(lambda c: missed.tickets_under_way(c, "main")) == ["3", "4"]
    assert db.read(lambda c: missed.tickets_under_way(c, "other")) == []


def test_linked_tickets_of_an_account_are_found_among_many(db: Database) -> None:
    conversation(db, "c1", "WithBot", "1", "4")
    asked = [TicketId(str(n)) for n in range(1200)]
    assert db.read(lambda c: links.linked(c, "main", asked)) == {"1", "4"}
    assert db.read(lambda c: links.linked(c, "other", asked)) == set()
    assert db.read(lambda c: links.linked(c, "main", [])) == set()


def test_what_a_source_has_told_is_known(db: Database) -> None:
    told = CustomerMessaged(T0, ExternalId("a"), "hi")
    arrivals = [Arrival(f"channel:{n}", n, ConversationId("c"), told) for n in ("a", "b")]
    db.write(lambda c: inbox.add(c, arrivals, T0))
    ids = [ExternalId(n) for n in ("a", "b", *map(str, range(1000)))]
    assert db.read(lambda c: missed.known(c, "channel:a", ids)) == {"a"}
