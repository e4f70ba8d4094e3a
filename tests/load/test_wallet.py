"""Denial of wallet: 10,000 customers at once cost no more than a day may."""

from __future__ import annotations

from sqlalchemy import func, select

from connector.domain.caps import MessageCaps
from connector.storage.engine import Database
from connector.storage.tables import conversations, inbox
from connector.storage.watched import alarms
from tests.conftest import LONG
from tests.pipeline.costly import MOST_COST, rig, spent
from tests.pipeline.test_spending import flood, used_up

NUMBER = 10_000 if LONG else 400
AT_ONCE = 50
CAP = 60 * MOST_COST


def test_a_flood_costs_no_more_than_a_day_may(db: Database) -> None:
    one = rig(db, dollars=CAP / 10**9, caps=MessageCaps(60, 600, 6000))
    for first in range(0, NUMBER, AT_ONCE):
        flood(one, AT_ONCE, threads=8, first=first)
    for _ in range(20):
        one.passes(1)
    assert 0.8 * CAP <= spent(db) <= CAP
    assert used_up(db) == spent(db)
    assert len(one.channel.phones) == NUMBER  # nobody is left without a word
    answered = [x for x in one.channel.phones.values() if x[-1].startswith("<automated")]
    assert len(one.desk.tickets) == NUMBER - len(answered)
    causes = db.read(lambda c: c.execute(select(alarms.c.cause)).all())
    assert len({row.cause.split(":")[2] for row in causes}) == len(causes) <= 2
    open_events = select(func.count()).where(inbox.c.handled_at.is_(None))
    assert db.read(lambda c: c.execute(open_events).scalar()) == 0
    known = db.read(lambda c: c.execute(select(func.count()).select_from(conversations)).scalar())
    print(f"\n{known} customers: {len(answered)} answers for {spent(db) / 10**9:.3f} $ of "
          f"{CAP / 10**9:.3f} $")  # fmt: skip
