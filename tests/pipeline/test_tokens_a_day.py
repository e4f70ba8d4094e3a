"""A day's tokens, on both databases: counted once, never past the limit, given back where unused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from connector.domain.lanes import Lane
from connector.pipeline.steps import step
from connector.storage import spend, tokens
from connector.storage.engine import Database
from connector.storage.watched import alarms, budgets
from tests.pipeline.costly import MOST, MOST_COST, USED, rig
from tests.pipeline.test_spending import charged, failing_with, flood

DAY = "2026-11-24"
PLEA = "I want to talk to a human please"
EACH = USED.input + USED.output + USED.cache_read
AT_MOST = MOST.input + MOST.output


def used(db: Database) -> int:
    return db.read(lambda c: tokens.used_up(c, "sms-us", DAY))


def rows(db: Database) -> list[str]:
    return [r.name for r in db.read(lambda c: c.execute(select(budgets)).all())]


def test_when_the_days_tokens_are_used_up_a_person_takes_over(db: Database) -> None:
    one = rig(db, tokens=EACH + AT_MOST)
    for place in range(3):
        one.texts_in("Where is my parcel?", f"+1555010{place}")
        one.passes(2)
    phones = [one.channel.phones[f"+1555010{place}"][-1] for place in range(3)]  # type: ignore[index]
    assert [text.partition(":")[0] for text in phones] == ["<automated", "<automated", "<handoff"]
    assert used(db) == 2 * EACH
    raised = db.read(lambda c: c.execute(select(alarms.c.cause)).scalars().all())
    assert raised == [f"cap_reached:sms-us:tokens_per_day:{DAY}"]
    (ticket,) = one.desk.tickets.values()
    assert "tokens_per_day" in ticket.draft.note_html
    one.at += timedelta(days=1)
    one.texts_in("Where is my parcel?", "+15550109")
    one.passes(2)
    assert one.channel.phones["+15550109"][-1].startswith("<automated")  # type: ignore[index]


@pytest.mark.parametrize(
    ("failure", "each"),
    [
        (charged("malformed", (1000, 100, 0, 2000), None), EACH),
        (charged("overloaded", None, 529), 0),
        (charged("timeout", None, None), AT_MOST),
    ],
)
def test_what_a_failed_try_takes(db: Database, failure: Exception, each: int) -> None:
    one = rig(db, tokens=10**6)
    one.hook(failing_with(failure))
    one.texts_in("Where is my parcel?")
    one.passes(60)
    assert used(db) == 3 * each + EACH  # and the summary
    assert [name for name in rows(db) if "call" in name] == []


@pytest.mark.parametrize(
    ("dollars", "allowed"), [(20, AT_MOST + 1), ((MOST_COST + 1) / 10**9, 10**6)]
)
def test_a_retry_that_either_does_not_cover_is_not_made(
    db: Database, dollars: float, allowed: int
) -> None:
    one = rig(db, dollars=dollars, tokens=allowed)
    asked = []

    def hook(operation: str, moment: str) -> None:
        if operation == "answer" and moment == "before":
            asked.append(operation)
            raise charged("malformed", (1000, 100, 0, 2000), None)

    one.hook(hook)
    one.texts_in("Where is my parcel?")
    one.passes(60)
    assert len(asked) == 1
    assert one.phone()[-1] == "<handoff:->"
    assert used(db) == EACH
    assert [name for name in rows(db) if "call" in name] == []


def test_many_at_once_take_no_more_than_a_day_may(db: Database) -> None:
    limit = 20 * AT_MOST
    one = rig(db, tokens=limit)
    flood(one, 60)
    one.passes(30)
    assert 0.5 * limit < used(db) <= limit
    assert len(one.channel.phones) == 60


def test_what_was_set_aside_for_a_call_that_is_not_made_comes_back(db: Database) -> None:
    one = rig(db, tokens=10**6)
    one.texts_in("Where is my parcel?")
    one.at += timedelta(seconds=2)
    inbox = one.lanes_due()[0]
    while (lane := one.lanes_due()[0]).name == "inbox":
        step(one.parts, lane)
    one.texts_in(PLEA)  # the draft that was ordered is cancelled
    step(one.parts, Lane(inbox.conversation, "inbox"))
    one.passes(1)
    assert used(db) == AT_MOST + EACH
    late = one.at + timedelta(minutes=5)
    db.write(lambda c: spend.release(c, late))
    db.write(lambda c: tokens.release(c, late))
    assert used(db) == EACH
