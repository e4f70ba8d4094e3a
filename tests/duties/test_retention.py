"""What is older than it may be loses its texts, a piece at a time; what is open stays whole."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, func, select

from connector.domain.ids import Address, TicketId
from connector.pipeline.reconcile import retention
from connector.reports import handoffs, listing
from connector.reports.periods import Kind, Period
from connector.storage import conversations, emptying
from connector.storage.engine import Database
from connector.storage.tables import episodes, inbox, messages
from tests.domain.decide.given import T0
from tests.duties.given import WHO, everything, found, one_episode, writes
from tests.pipeline.rig import CHANNEL, Rig

DAY = timedelta(days=1)
KEEP = timedelta(days=90)
OTHER = Address("+15550777")


def duty(rig: Rig, keep: timedelta = KEEP, goes: int = 10_000) -> None:
    left = [goes]

    def goes_on() -> bool:
        left[0] -= 1
        return left[0] >= 0

    retention.empty(rig.parts, keep, goes_on)


def told(rig: Rig) -> tuple[object, ...]:
    period = Period.of(Kind.MONTH, T0, ZoneInfo("UTC"))

    def read(c: Connection) -> tuple[object, ...]:
        number, rows = listing.listed(c, period, listing.Wanted(), 1)
        seen = [(r.number, r.channel, r.language, r.started_at, r.outcome) for r in rows]
        return handoffs.figures(c, period), handoffs.times(c, period), number, sorted(seen)

    return rig.db.read(read)


def count(db: Database, *conditions: object) -> int:
    asked = select(func.count()).select_from(inbox).where(*conditions)  # type: ignore[arg-type]
    return int(db.read(lambda c: c.execute(asked).scalar_one()))


def test_nobody_is_known_who_has_been_quiet_for_long_and_reports_stay(db: Database) -> None:
    rig = Rig(db)
    one_episode(rig)
    before = told(rig)
    rig.at += KEEP - timedelta(hours=3)
    duty(rig)
    assert len(found(everything(db))) == 8  # it is not so old
    rig.at += timedelta(hours=4)
    duty(rig)
    assert found(everything(db)) == []
    assert told(rig) == before
    # Every event was told more than 35 days ago: none can come again, and no row is kept for that.
    assert count(db) == 0


def test_what_is_under_way_stays_whole_and_so_does_what_the_bot_still_sees(db: Database) -> None:
    rig = Rig(db)
    for _ in range(3):
        one_episode(rig, ticket=str(len(rig.desk.tickets) + 1))
    rig.at += KEEP
    writes(rig, "It is zanzibar again")
    rig.passes(5)
    before = rig.db.read(lambda c: conversations.load(c, conversations.of_address(c, CHANNEL, WHO)))  # type: ignore[arg-type]
    assert before is not None
    assert before.episode.number == 4
    assert before.earlier
    duty(rig)
    after = rig.db.read(lambda c: conversations.load(c, before.id))
    assert after == before
    bodies = rig.db.read(
        lambda c: c.execute(
            select(messages.c.episode, messages.c.body).order_by(messages.c.seq)
        ).all()
    )
    full = {row.episode for row in bodies if "zanzibar" in row.body}
    assert full == {3, 4}
    emptied = select(episodes.c.number).where(episodes.c.emptied_at.is_not(None))
    assert set(rig.db.read(lambda c: c.scalars(emptied).all())) == {1, 2}
    # It goes on as if nothing had been.
    heard = len(rig.phone())
    writes(rig, "And now?")
    rig.passes(5)
    assert len(rig.phone()) == heard + 1
    rig.passes(90_000)
    rig.at += KEEP / 2
    duty(rig)
    bodies = rig.db.read(lambda c: c.execute(select(messages.c.episode, messages.c.body)).all())
    assert {row.episode for row in bodies if "zanzibar" in row.body} == {4}
    known = rig.db.read(lambda c: conversations.load(c, before.id))
    assert known is not None
    assert (before.lesson != "", known.lesson) == (True, "")


def test_an_agent_who_has_it_keeps_it_however_long(db: Database) -> None:
    rig = Rig(db)
    writes(rig, "I want to talk to a human please")
    rig.passes(30)
    before = everything(db)
    rig.at += 4 * KEEP
    rig.webhook("1")
    rig.drain()
    duty(rig)
    kept = rig.db.read(lambda c: conversations.of_address(c, CHANNEL, WHO))
    assert kept is not None
    assert kept in before
    rig.desk.agent_says(TicketId("1"), "At last")
    rig.webhook("1")
    rig.passes(5)
    assert rig.phone()[-1].endswith("At last")


def test_what_may_come_again_is_known_for_35_days_whatever_is_set(db: Database) -> None:
    rig = Rig(db)
    writes(rig, "Hello", id="wamid.Canary1")
    rig.passes(90_000)
    rig.at += 2 * DAY
    duty(rig, keep=DAY)
    assert found(everything(db)) == []
    writes(rig, "Hello", id="wamid.Canary1")
    assert rig.db.read(lambda c: conversations.of_address(c, CHANNEL, WHO)) is None
    assert count(db, inbox.c.source.like("channel:%")) == 1
    rig.at += 34 * DAY
    duty(rig, keep=DAY)
    assert count(db) == 0


def test_stop_is_known_for_ever(db: Database) -> None:
    rig = Rig(db)
    rig.consents("stop")
    rig.drain()
    rig.at += 2 * KEEP
    duty(rig)
    assert rig.db.read(lambda c: conversations.of_address(c, CHANNEL, WHO)) is None
    writes(rig, "Hello")
    rig.passes(5)
    assert rig.phone() == []


@pytest.mark.parametrize("goes", [0, 1, 3])
def test_cut_off_anywhere_it_is_done_another_time(db: Database, goes: int) -> None:
    rig = Rig(db)
    one_episode(rig)
    one_episode(rig, OTHER, "2")
    before = told(rig)
    rig.at += 2 * KEEP
    duty(rig, goes=goes)
    assert told(rig) == before
    duty(rig)
    assert found(everything(db)) == []
    assert told(rig) == before


def test_no_piece_is_large(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many messages a transaction empties, of a conversation that has many."""
    monkeypatch.setattr(emptying, "AT_ONCE", 7)
    rig = Rig(db)
    one_episode(rig)
    for number in range(40):
        writes(rig, f"zanzibar {number}")
    rig.passes(90_000)
    rig.at += 2 * KEEP
    sizes: list[int] = []
    empty = emptying._empty

    def noted(connection: Connection, rows: Iterable[object]) -> int:
        given = list(rows)
        sizes.append(len(given))
        return empty(connection, given)

    monkeypatch.setattr(emptying, "_empty", noted)
    duty(rig)
    assert max(sizes[:-2]) == 7  # the last two, of the final step, find nothing to take out
    assert found(everything(db)) == []
