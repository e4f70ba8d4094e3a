"""Tickets of one customer are capped, on both databases; what goes past it comes later and is whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

from sqlalchemy import select

from connector.domain.decide import Decision
from connector.domain.effects import OpenTicket
from connector.domain.ids import ConversationId, TicketId
from connector.domain.tickets import TicketStatus
from connector.errors import Rejected, Transient
from connector.pipeline.spending import UsedUp, count_ticket
from connector.storage.engine import Database
from connector.storage.watched import alarms
from tests.domain.decide.given import Story
from tests.pipeline.costly import rig
from tests.pipeline.rig import Rig

PLEA = "I want to talk to a human please"
WHO, OTHER = "+15550123", "+15550199"
DAY = "2026-11-24"


def solved(one: Rig, number: int) -> None:
    """An agent solves what the customer came with, and the bot has them again."""
    one.desk.tickets[TicketId(str(number))].status = TicketStatus.SOLVED
    one.webhook(str(number))
    one.passes(1)


def after(number: int, one: Rig) -> None:
    """So many tickets, each solved at once."""
    for each in range(1, number + 1):
        one.texts_in(PLEA)
        one.passes(1)
        solved(one, each)


def test_one_ticket_too_many_comes_later_once_and_with_everything(db: Database) -> None:
    one = rig(db, tickets=2)
    after(2, one)
    one.texts_in(PLEA)
    one.passes(60)
    one.texts_in("My invoice is wrong, too")
    one.passes(60)
    assert len(one.desk.tickets) == 2
    assert one.phone()[-1] == "<handoff_delayed:en>"
    raised = db.read(lambda c: c.execute(select(alarms.c.cause)).scalars().all())
    assert raised == [f"cap_reached:sms-us:tickets_per_day:{DAY}"]
    # Whoever else needs a person gets one at once.
    one.texts_in(PLEA, OTHER)
    one.passes(1)
    assert len(one.desk.tickets) == 3
    one.passes(timedelta(hours=12).total_seconds())
    assert len(one.desk.tickets) == 4
    told = one.phone()
    assert told[-2:] == ["<handoff_delayed:en>", "<handoff:en>"]
    assert PLEA in one.desk.transcript(TicketId("4"))
    whole = one.desk.transcript(TicketId("4")) + str(one.desk.customer_texts(TicketId("4")))
    assert whole.count("My invoice is wrong, too") == 1


def test_tries_of_one_ticket_count_once(db: Database) -> None:
    one = rig(db, tickets=1)
    left = [
        Transient("x", status=503, retry_after=timedelta(seconds=1)),
        Transient("x", status=503, retry_after=timedelta(seconds=1)),
        Rejected("no such group", provider="fake", operation="open_ticket", status=422),
    ]

    def hook(operation: str, moment: str) -> None:
        if operation == "open_ticket" and moment == "before" and left:
            raise left.pop(0)

    one.hook(hook)
    one.texts_in(PLEA)
    one.passes(120)
    assert not left
    assert len(one.desk.tickets) == 1
    assert one.phone()[-1] == "<handoff:en>"


def test_two_processes_at_once_make_no_ticket_more(db: Database) -> None:
    """Each counts in the transaction that would keep its order."""
    one = rig(db, tickets=5)
    one.texts_in(PLEA)
    one.passes(1)
    (kept,) = one.desk.tickets.values()
    spending = one.parts.channels["sms-us"].spending
    assert spending is not None
    ours = replace(Story().conversation, id=ConversationId("c-race"))
    decision = Decision(ours, (OpenTicket("k", kept.draft),))
    start, fits = Barrier(12), list[bool]()

    def order() -> None:
        start.wait()
        try:
            db.write(lambda c: count_ticket(c, spending, decision, one.at))
        except UsedUp as over:
            fits.append(over.until is None)
        else:
            fits.append(True)

    threads = [Thread(target=order) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fits) == [False] * 7 + [True] * 5
