"""What the model cost: by channel and month, today beside the limit, one conversation's."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from connector.domain.ids import Address, conversation_id
from connector.domain.money import NANO
from connector.reports import spend
from connector.reports.periods import Kind, Period
from connector.storage.engine import Database
from tests.pipeline.costly import COST, rig
from tests.pipeline.rig import CHANNEL
from tests.web.ops_given import client

NOVEMBER = Period.named(Kind.MONTH, "2026-11", ZoneInfo("UTC"))
LOCAL = {"Host": "127.0.0.1:8000"}


def test_reports_pages_and_an_unknown_price(db: Database) -> None:
    one = rig(db, dollars=0.02)
    for customer in ("+15550101", "+15550102"):
        one.texts_in("Where is my parcel?", customer)
    one.passes(2)
    (row,) = db.read(lambda c: spend.spent(c, NOVEMBER))
    assert (row.channel, row.model, row.calls, row.nano, row.tokens) == (
        CHANNEL, "claude-x", 2, 2 * COST, 6200,
    )  # fmt: skip
    assert db.read(lambda c: spend.spent(c, NOVEMBER.previous)) == ()
    ours = conversation_id(CHANNEL, Address("+15550101"))
    (mine,) = db.read(lambda c: spend.of_conversation(c, ours))
    assert (mine.calls, mine.nano) == (1, COST)
    pages = client(one)
    today = pages.get("/ops/", headers=LOCAL).text
    assert "under $0.01" in today
    assert "17 % of the day’s $0.02" in today
    page = pages.get(f"/ops/conversations/{ours}", headers=LOCAL).text
    assert "$0.00170 for 3,100 tokens of claude-x" in page
    # A model of which nobody knows the price: its tokens count, and it is not called free.
    channel = one.parts.channels[CHANNEL]
    assert channel.spending is not None
    unknown = replace(channel, spending=replace(channel.spending, priced=False, model="claude-9"))
    one.parts = replace(one.parts, channels={CHANNEL: unknown})
    one.texts_in("Where is my parcel?", "+15550103")
    one.passes(2)
    rows = db.read(lambda c: spend.spent(c, NOVEMBER))
    assert [(r.model, r.dollars, r.tokens) for r in rows] == [
        ("claude-9", "not known", 3100), ("claude-x", "$0.00340", 6200),
    ]  # fmt: skip
    assert spend.total(rows) == (2 * COST, 3100)


@pytest.mark.parametrize(
    ("nano", "words"),
    [(0, "$0.00"), (1_700_000, "$0.00170"), (NANO // 100, "$0.01"), (1234 * NANO, "$1,234.00")],
)
def test_dollars_in_words(nano: int, words: str) -> None:
    assert spend.dollars(nano) == words
