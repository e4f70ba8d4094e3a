"""Figures against rows whose sums were made by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from connector.domain.conversation import Outcome
from connector.domain.handoff.base import Trigger
from connector.reports import handoffs, live
from connector.reports.aftermath import Aftermath, aftermath
from connector.reports.listing import Wanted, listed
from connector.reports.periods import BadPeriod, Kind, Period
from connector.reports.shares import Spread, rate, shares, spread
from connector.storage import tables
from connector.storage.engine import Database
from tests.reports.given import MINUTE, NOW, Told, store

ZONE = ZoneInfo("UTC")
NOVEMBER = Period.named(Kind.MONTH, "2026-11", ZONE)
ASKED, FAILED, ANGRY = Trigger.EXPLICIT_REQUEST, Trigger.BOT_FAILURE, Trigger.FRUSTRATION
BOT, AGENT, GONE = Outcome.BOT_RESOLVED, Outcome.AGENT_RESOLVED, Outcome.ABANDONED


def day(number: int, hour: int = 9, month: int = 11) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=UTC)


# Seven in November: 3 handed over (2 asked, 1 bot failure), 6 over, 1 going on. Four in October.
ROWS = (
    Told(day(1, 0), outcome=BOT),
    Told(day(3), outcome=BOT, language="es"),
    Told(day(5), outcome=GONE, channel="wa"),
    Told(
        day(9),
        ASKED,
        AGENT,
        ticket=MINUTE,
        reply=5 * MINUTE,
        ended=60 * MINUTE,
        topic="refund",
        score=5,
        reopened=2,
    ),
    Told(
        day(9, 10),
        ASKED,
        AGENT,
        "wa",
        "es",
        2 * MINUTE,
        3 * MINUTE,
        15 * MINUTE,
        20 * MINUTE,
        topic="late delivery",
        score=3,
    ),
    Told(day(30, 23), FAILED, language=None, ticket=2 * MINUTE, reopened=1),
    Told(day(20), outcome=Outcome.OPTED_OUT, came_back=BOT),
    Told(day(31, 23, month=10), ANGRY, Outcome.RELEASED, ended=MINUTE),
    Told(day(2, month=10), outcome=BOT),
    Told(day(3, month=10), ASKED, AGENT, ticket=MINUTE, score=4, topic="refund"),
    Told(day(4, month=10), outcome=GONE),
    Told(day(1, 0, month=12), outcome=BOT),
)


def test_a58_a_month_has_one_outcome_an_episode_and_they_sum_to_100(db: Database) -> None:
    store(db, *ROWS)
    found = db.read(lambda c: handoffs.figures(c, NOVEMBER))
    assert (found.episodes, found.handed_over, found.rate, found.going_on) == (7, 3, 42.9, 1)
    assert [(p.name, p.number, p.share) for p in found.outcomes] == [
        ("bot_resolved", 2, 33.3),
        ("agent_resolved", 2, 33.3),
        ("handed_back", 0, 0.0),
        ("abandoned", 1, 16.7),
        ("opted_out", 1, 16.7),
        ("released", 0, 0.0),
    ]
    assert sum(round(p.share * 10) for p in found.outcomes) == 1000
    assert sum(p.number for p in found.outcomes) + found.going_on == found.episodes


def test_by_trigger_channel_and_language(db: Database) -> None:
    store(db, *ROWS)
    found = db.read(lambda c: handoffs.figures(c, NOVEMBER))
    assert {p.name: (p.number, p.share) for p in found.triggers if p.number} == {
        "explicit_request": (2, 66.7),
        "bot_failure": (1, 33.3),
    }
    assert len(found.triggers) == len(Trigger)
    assert [(g.name, g.episodes, g.handed_over, g.rate) for g in found.channels] == [
        ("sms-us", 5, 2, 40.0),
        ("wa", 2, 1, 50.0),
    ]
    assert [(g.name, g.episodes, g.handed_over) for g in found.languages] == [
        ("en", 4, 1),
        ("es", 2, 1),
        ("", 1, 1),
    ]


def test_topics_are_shares_of_handoffs_and_so_many_in_a_hundred(db: Database) -> None:
    store(db, *ROWS)
    found = db.read(lambda c: handoffs.figures(c, NOVEMBER)).topics
    assert [(t.name, t.handed_over, t.share, t.rate) for t in found] == [
        ("late delivery", 1, 33.4, 14.3),
        ("refund", 1, 33.3, 14.3),
        ("", 1, 33.3, 14.3),
    ]


def test_what_stands_beside_the_rate(db: Database) -> None:
    store(db, *ROWS)
    now, before = (
        db.read(lambda c, p=p: aftermath(c, p))  # type: ignore[misc]
        for p in (NOVEMBER, NOVEMBER.previous)
    )
    assert now == Aftermath(7, 1, 1, 3, 2, 2, 1, 8)
    assert (now.came_back_rate, now.reopened_rate, now.csat, now.score) == (14.3, 66.7, 50.0, 4.0)
    assert (before.csat, before.reopened_rate, before.came_back_rate) == (100.0, 0.0, 0.0)
    empty = db.read(lambda c: aftermath(c, Period.named(Kind.MONTH, "2025-01", ZONE)))
    assert (empty.csat, empty.score, empty.reopened_rate, empty.came_back_rate) == (None,) * 4


BEHIND = (
    (Wanted(topic="refund"), 1),
    (Wanted(topic=""), 1),
    (Wanted(reached="ticket"), 3),
    (Wanted(reached="reply"), 2),
    (Wanted(reached="solved"), 3),
    (Wanted(reopened=True), 2),
    (Wanted(reopened=False), 5),
    (Wanted(came_back="yes"), 1),
    (Wanted(came_back="bot_resolved"), 1),
    (Wanted(came_back="abandoned"), 0),
    (Wanted(rated="yes"), 2),
    (Wanted(rated="satisfied"), 1),
    (Wanted(rated="not"), 1),
    (Wanted(rated="maybe"), 0),
    (Wanted(reached="the moon"), 0),
)


def test_behind_each_number_stand_so_many_conversations(db: Database) -> None:
    store(db, *ROWS)
    for wanted, number in BEHIND:
        counted, shown = db.read(lambda c, w=wanted: listed(c, NOVEMBER, w, 1))  # type: ignore[misc]
        assert (counted, len(shown)) == (number, number), wanted


def test_the_period_before_and_the_trend(db: Database) -> None:
    store(db, *ROWS)
    before = db.read(lambda c: handoffs.figures(c, NOVEMBER.previous))
    assert (before.episodes, before.handed_over, before.rate) == (4, 2, 50.0)
    trend = db.read(lambda c: handoffs.trend(c, NOVEMBER))
    assert [(p.period.name, p.episodes, p.handed_over) for p in trend[-3:]] == [
        ("2026-09", 0, 0),
        ("2026-10", 4, 2),
        ("2026-11", 7, 3),
    ]
    assert len(trend) == 12
    assert trend[-3].rate is None


def test_time_to_ticket_to_reply_and_to_solved(db: Database) -> None:
    store(db, *ROWS)
    found = db.read(lambda c: handoffs.times(c, NOVEMBER))
    assert found.to_ticket == Spread(3, 2 * MINUTE, 3 * MINUTE)  # 1, 3, 2
    assert found.to_reply == Spread(2, 10 * MINUTE, 15 * MINUTE)  # 5, 15
    assert found.to_solved == Spread(2, 40 * MINUTE, 60 * MINUTE)  # 60, 20
    empty = db.read(lambda c: handoffs.times(c, Period.named(Kind.MONTH, "2025-01", ZONE)))
    assert empty == handoffs.Times(Spread(0), Spread(0), Spread(0))


def test_months_are_cut_where_the_operators_live(db: Database) -> None:
    store(db, Told(day(1, 3)))  # 1 November 03:00 UTC is still October in New York
    there = ZoneInfo("America/New_York")

    def began(month: str) -> int:
        period = Period.named(Kind.MONTH, month, there)
        return db.read(lambda c: handoffs.figures(c, period)).episodes

    count = {name: began(name) for name in ("2026-10", "2026-11")}
    assert count == {"2026-10": 1, "2026-11": 0}


def test_a_day_may_have_23_or_25_hours() -> None:
    there = ZoneInfo("Europe/Berlin")
    hours = [
        (p.ends_at - p.starts_at) / timedelta(hours=1)
        for p in (Period.named(Kind.DAY, d, there) for d in ("2026-03-29", "2026-10-25"))
    ]
    assert hours == [23, 25]
    week = Period.named(Kind.WEEK, "2026-11-25", there)
    assert (week.first, week.end) == (date(2026, 11, 23), date(2026, 11, 30))
    assert week.title == "23 November – 29 November 2026"


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        (Kind.MONTH, "2026-13", "no such day"),
        (Kind.DAY, "2026-02-30", "no such day"),
        (Kind.MONTH, "November", "YYYY-MM"),
        (Kind.WEEK, "2026-W48", "YYYY-MM-DD"),
        (Kind.DAY, "", "YYYY-MM-DD"),
        (Kind.DAY, "0001-01-01", "the year must be"),
        (Kind.DAY, "9999-12-31", "the year must be"),
        (Kind.MONTH, "２０２６-11", "YYYY-MM"),
    ],
)
def test_what_is_no_period_is_refused_in_a_sentence(kind: Kind, name: str, says: str) -> None:
    with pytest.raises(BadPeriod, match=says):
        Period.named(kind, name, ZONE)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("year", [2000, 2100])
def test_the_first_and_the_last_have_neighbours(kind: Kind, year: int) -> None:
    found = Period.containing(kind, date(year, 1, 1), ZONE)
    assert found.previous.following == found
    assert found.trend()[-1] == found


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_shares_sum_to_100(counts: list[int]) -> None:
    found = shares(counts)
    assert sum(round(each * 10) for each in found) == (1000 if sum(counts) else 0)
    for number, share in zip(counts, found, strict=True):
        assert abs(share - (100 * number / sum(counts) if sum(counts) else 0)) < 0.1
        assert share == 0 or number > 0


def test_rates_and_spreads() -> None:
    assert (rate(0, 0), rate(1, 3), rate(1, 8), rate(3, 3)) == (None, 33.3, 12.5, 100.0)
    assert spread([]) == Spread(0)
    ten = spread([MINUTE * n for n in range(1, 11)])
    assert (ten.median, ten.p90) == (5.5 * MINUTE, 9 * MINUTE)


def test_what_is_live_and_who_waits(db: Database) -> None:
    made = store(
        db,
        Told(day(24, 9)),
        Told(day(24, 10), ASKED),  # being handed over: waits since 10:00
        Told(day(24, 8), ANGRY, ticket=MINUTE),  # since 08:00
        Told(day(24, 7), ASKED, ticket=MINUTE, reply=5 * MINUTE),  # answered
        Told(day(24, 6), ASKED, ticket=MINUTE, reply=5 * MINUTE, wrote_again=30 * MINUTE),  # 06:30
        Told(day(24, 5), outcome=BOT),
    )

    def more(connection: object) -> None:
        for name, handled, failures in (("a", None, 0), ("b", NOW, 0), ("c", None, 2)):
            connection.execute(insert(tables.inbox).values(  # type: ignore[attr-defined]
                source="channel:sms-us", external_id=name, conversation_id=made[0].id, kind="x",
                payload="{}", received_at=day(24, 11), handled_at=handled, due_at=NOW,
                failures=failures,
            ))  # fmt: skip
        for state, done in (("buried", NOW), ("done", NOW), ("due", None), ("trying", None)):
            connection.execute(insert(tables.outbox).values(  # type: ignore[attr-defined]
                conversation_id=made[0].id, direction="bot", key=state, kind="AskBot", payload="{}",
                state=state, due_at=NOW, created_at=NOW, done_at=done,
            ))  # fmt: skip
        for name, failures in (("helpdesk:main", 5), ("channel:sms-us", 0)):
            connection.execute(insert(tables.circuits).values(  # type: ignore[attr-defined]
                upstream=name, failures=failures, open_until=NOW if failures else None
            ))  # fmt: skip

    db.write(more)
    found = db.read(live.live)
    assert found.holders == {"WithBot": 1, "HandingOff": 1, "WithAgent": 3, "Solved": 0}
    assert [(w.since.hour, w.since.minute, w.trigger, w.ticket) for w in found.waiting] == [
        (6, 30, "explicit_request", "104"),
        (8, 0, "frustration", "102"),
        (10, 0, "explicit_request", None),
    ]
    assert found.waiting_number == 3
    assert (found.oldest_event, found.events, found.unhandled_twice) == (day(24, 11), 2, 1)
    assert (found.calls, found.buried) == (2, 1)
    assert found.upstreams == (live.Upstream("helpdesk:main", 5, NOW),)


def test_nothing_yet_is_no_error(db: Database) -> None:
    found = db.read(live.live)
    assert found.holders == {"WithBot": 0, "HandingOff": 0, "WithAgent": 0, "Solved": 0}
    assert (found.waiting, found.oldest_event, found.upstreams) == ((), None, ())
    empty = db.read(lambda c: handoffs.figures(c, NOVEMBER))
    assert (empty.rate, [p.share for p in empty.outcomes]) == (None, [0.0] * 6)
