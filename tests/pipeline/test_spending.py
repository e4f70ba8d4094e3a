"""Money and messages through the pipeline, on both databases: counted once, and never past a limit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from connector.domain.caps import MessageCaps
from connector.domain.ids import TicketId
from connector.domain.lanes import Lane
from connector.errors import Rejected, Transient
from connector.pipeline.steps import step
from connector.storage import spend, tallies
from connector.storage.engine import Database
from connector.storage.watched import alarms, budgets, model_calls
from connector.storage.watched import spend as totals
from tests.pipeline.costly import COST, MOST_COST, USED, rig, spent
from tests.pipeline.rig import Hook, Rig

DAY = "2026-11-24"
PLEA = "I want to talk to a human please"


def used_up(db: Database) -> int:
    return db.read(lambda c: spend.used_up(c, "sms-us", DAY))


def raised(db: Database) -> list[str]:
    return [r.cause for r in db.read(lambda c: c.execute(select(alarms)).all())]


def test_an_answer_is_counted_with_its_conversation_channel_and_day(db: Database) -> None:
    one = rig(db)
    one.texts_in("Where is my parcel?")
    one.passes(2)
    one.texts_in(PLEA)
    one.passes(1)
    calls = db.read(lambda c: c.execute(select(model_calls).order_by(model_calls.c.key)).all())
    assert [(r.channel, r.model, r.day, r.input, r.output, r.cache_read, r.nano, r.reserved)
            for r in calls] == [("sms-us", "claude-x", DAY, 1000, 100, 2000, COST, 0)] * 2  # fmt: skip
    assert len({r.conversation_id for r in calls}) == 1
    (row,) = db.read(lambda c: c.execute(select(totals)).all())
    assert (row.day, row.channel, row.calls, row.input, row.nano) == (
        DAY, "sms-us", 2, 2 * USED.input, 2 * COST,
    )  # fmt: skip
    assert used_up(db) == 2 * COST
    assert db.read(lambda c: tallies.read(c, tallies.HANDOFFS)) == [
        (["explicit_request", "sms-us"], 1)
    ]


def charged(code: str, tokens: tuple[int, int, int, int] | None, status: int | None) -> Transient:
    error = Transient("x", provider="fake", operation="answer", code=code, status=status)
    error.tokens = tokens
    return error


FAILURES = [
    (charged("malformed", (1000, 100, 0, 2000), None), COST),  # it answered, and nonsense
    (charged("overloaded", None, 529), 0),  # it was refused
    (charged("unreachable", None, None), 0),
    (charged("timeout", None, None), MOST_COST),  # it may have been made: nobody can tell
]


def test_what_a_failed_try_costs(db: Database) -> None:
    one, expected = rig(db), 0
    for place, (failure, each) in enumerate(FAILURES):
        one.hook(failing_with(failure))
        one.texts_in("Where is my parcel?", f"+1555010{place}")
        one.passes(60)
        expected += 3 * each + COST  # and the summary
        assert spent(db) == expected == used_up(db), failure.code
        assert len(one.desk.tickets) == place + 1
        one.at += timedelta(minutes=1)


def failing_with(failure: Exception) -> Hook:
    def hook(operation: str, moment: str) -> None:
        if operation == "answer" and moment == "before":
            raise failure

    return hook


def test_a_refusal_is_on_the_bill(db: Database) -> None:
    one = rig(db)
    refusal = Rejected("no", meaning="no", code="refusal")
    refusal.tokens = (1000, 100, 0, 2000)
    one.hook(failing_with(refusal))
    one.texts_in("Where is my parcel?")
    one.passes(2)
    assert spent(db) == 2 * COST


def test_when_the_days_money_is_used_up_a_person_takes_over_and_the_next_day_the_bot(
    db: Database,
) -> None:
    one = rig(db, dollars=(MOST_COST + COST) / 10**9)  # two answers and not a third
    for place in range(4):
        one.texts_in("Where is my parcel?", f"+1555010{place}")
        one.passes(2)
    phones = [one.channel.phones[f"+1555010{place}"] for place in range(4)]  # type: ignore[index]
    assert [texts[-1] for texts in phones] == [
        "<automated:-> re: Where is my parcel?", "<automated:-> re: Where is my parcel?",
        "<handoff:->", "<handoff:->",
    ]  # fmt: skip
    assert len(one.desk.tickets) == 2
    note = one.desk.tickets[TicketId("1")].draft.note_html
    assert "usd_per_day" in note
    assert "unavailable" in note
    assert spent(db) == 2 * COST == used_up(db)
    # One word to people, however many customers meet it.
    assert raised(db) == [f"cap_reached:sms-us:usd_per_day:{DAY}"]
    assert db.read(lambda c: tallies.read(c, tallies.ALERTS)) == [(["cap_reached", "sms-us"], 1)]
    one.at += timedelta(days=1)
    one.texts_in("Where is my parcel?", "+15550109")
    one.passes(2)
    assert one.channel.phones["+15550109"][-1].endswith("re: Where is my parcel?")  # type: ignore[index]


def test_a_retry_that_the_days_money_does_not_cover_is_not_made(db: Database) -> None:
    one = rig(db, dollars=(MOST_COST + 1) / 10**9)
    asked = []

    def hook(operation: str, moment: str) -> None:
        if operation == "answer" and moment == "before":
            asked.append(operation)
            raise charged("malformed", (1000, 100, 0, 2000), None)

    one.hook(hook)
    one.texts_in("Where is my parcel?")
    one.passes(60)
    assert len(asked) == 1
    assert spent(db) == COST == used_up(db)
    assert one.phone()[-1] == "<handoff:->"


def test_a_flood_of_one_customer_is_looked_at_as_often_as_allowed(db: Database) -> None:
    one = rig(db, caps=MessageCaps(customer=3))
    for text in ("Are you open?", "Great. Do you sell lamps?", "Thanks! And chairs?", "In blue?",
                 "And a table"):  # fmt: skip
        one.texts_in(text)
        one.passes(2)
    assert len(one.bot.asked) == 3
    assert one.phone()[-1] == "<handoff:->"
    assert one.desk.customer_texts(TicketId("1")) == ["And a table"]
    assert "messages_per_hour" in one.desk.tickets[TicketId("1")].draft.note_html
    assert raised(db) == [f"cap_reached:sms-us:messages_per_hour:{DAY}"]


def test_a_block_of_numbers_and_a_country(db: Database) -> None:
    one = rig(db, caps=MessageCaps(customer=9, prefix=2, country=3))
    customers = ["+15551110001", "+15551110002", "+15551110003", "+15552220001", "+15553330001",
                 "+442071234567"]  # fmt: skip
    for customer in customers:
        one.texts_in("Where is my parcel?", customer)
        one.passes(2)
    ends = [one.channel.phones[c][-1].split(":")[0] for c in customers]  # type: ignore[index]
    answered, handed = "<automated", "<handoff"
    assert ends == [answered, answered, handed, answered, handed, answered]
    one.at += timedelta(hours=1)
    one.texts_in("Where is my parcel?", "+15551110009")
    one.passes(2)
    assert one.channel.phones["+15551110009"][-1].startswith("<automated")  # type: ignore[index]


def test_what_was_set_aside_for_a_call_that_is_not_made_comes_back(db: Database) -> None:
    one = rig(db)
    one.texts_in("Where is my parcel?")
    one.at += timedelta(seconds=2)
    inbox = one.lanes_due()[0]
    while (lane := one.lanes_due()[0]).name == "inbox":
        step(one.parts, lane)
    assert used_up(db) == MOST_COST
    one.texts_in(PLEA)  # the draft that was ordered is cancelled
    step(one.parts, Lane(inbox.conversation, "inbox"))
    one.passes(1)
    assert used_up(db) == MOST_COST + COST
    late = one.at + timedelta(minutes=5)
    assert db.write(lambda c: spend.release(c, late)) == 1
    assert used_up(db) == COST == spent(db)
    assert db.write(lambda c: spend.release(c, late)) == 0


def flood(one: Rig, customers: int, threads: int = 4, first: int = 0) -> None:
    """All at once: whatever is due is done by several threads."""
    for number in range(first, first + customers):
        one.texts_in("Where is my parcel?", f"+1555{number % 50:03}{number:05}", f"SM-{number}")
    one.at += timedelta(seconds=2)
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(30):
            due = one.lanes_due()
            if not due:
                return
            list(pool.map(lambda lane: step(one.parts, lane), due))


def test_many_at_once_cost_no_more_than_a_day_may(db: Database) -> None:
    """The quick form; `tests/load/test_wallet.py` sends 10,000."""
    cap = 20 * MOST_COST
    one = rig(db, dollars=cap / 10**9)
    flood(one, 60)
    one.passes(30)
    assert 0 < spent(db) <= cap
    answered = [t for t in one.channel.phones.values() if t[-1].startswith("<automated")]
    handed = [t for t in one.channel.phones.values() if t[-1] == "<handoff:->"]
    assert len(answered) + len(handed) == 60
    assert len(answered) >= 20
    assert len(raised(db)) == 1
    (held,) = db.read(lambda c: c.execute(select(budgets)).all())
    assert held.used == spent(db)
