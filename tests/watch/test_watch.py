"""What needs a person is found, told once a cause, and told again only where it did not arrive."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from connector import alerts, log
from connector.domain.conversation import Outcome
from connector.domain.handoff.base import Trigger
from connector.storage import alarms, tallies, upstreams
from connector.storage.alarms import Alarm
from connector.storage.engine import Database
from connector.storage.tables import outbox
from connector.storage.watched import alarms as rows
from connector.watch import duties, telling
from connector.watch.findings import Bounds, found
from connector.watch.sentences import Places, told
from connector.watch.telling import Recipients
from tests.pipeline.costly import rig
from tests.reports.given import MINUTE, NOW, Told, store
from tests.watch.sink import Sink, sink

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:apprise")

BOUNDS = Bounds(timedelta(minutes=30), 1.5)
PLACES = Places("https://c.example.com/ops/", {"sms-us": "https://acme.zendesk.com/agent/tickets/"})
HOUR = timedelta(hours=1)
CANARY = "s3cret-canary"


@pytest.fixture
def heard() -> Iterator[Sink]:
    with sink() as made:
        yield made


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    out = io.StringIO()
    log.set_up(stream=out)
    yield out
    log.set_up()


def kinds(db: Database, bounds: Bounds = BOUNDS) -> list[str]:
    return [each.cause for each in db.read(lambda c: found(c, bounds, NOW))]


def look(db: Database, at: timedelta = timedelta()) -> None:
    duties.look_around(db, BOUNDS, NOW + at)


def tell(db: Database, heard: Sink, at: timedelta = timedelta(), **more: object) -> None:
    recipients = Recipients((heard.address,), (heard.address,))
    telling.tell(db, recipients, PLACES, lambda: NOW + at, lambda: True, **more)  # type: ignore[arg-type]


def waits(minutes: int, **more: object) -> Told:
    begun = NOW - MINUTE * minutes
    return Told(begun, Trigger.LEGAL, ticket=MINUTE, **more)  # type: ignore[arg-type]


def test_nothing_is_wrong_with_an_empty_database_or_a_quiet_one(db: Database) -> None:
    assert kinds(db) == []
    store(db, Told(NOW - HOUR, outcome=Outcome.BOT_RESOLVED), waits(29))
    db.write(lambda c: upstreams.failed(c, "helpdesk:main"))
    assert kinds(db) == []


def test_who_waits_too_long_is_told_for_each_channel(db: Database) -> None:
    store(db, waits(31), waits(90), waits(90, reply=MINUTE), waits(200, channel="wa"))
    seen = {a.owner: a for a in db.read(lambda c: found(c, BOUNDS, NOW))}
    assert set(seen) == {"sms-us", "wa"}
    assert seen["sms-us"].facts == {"number": "2", "minutes": "90", "ticket": "101"}
    text = told(seen["sms-us"], PLACES)
    assert text.title == "sms-us: 2 customers wait for a person"
    assert "90 minutes" in text.text
    assert "https://acme.zendesk.com/agent/tickets/101" in text.text
    assert f"/ops/conversations/{seen['sms-us'].conversation}" in text.text
    assert "+1555" not in text.text


def test_a_provider_is_told_once_until_it_answers_again(db: Database, heard: Sink) -> None:
    for _ in range(5):
        db.write(lambda c: upstreams.failed(c, "helpdesk:main"))
    for minute in range(3):
        look(db, MINUTE * minute)
        tell(db, heard, MINUTE * minute)
    assert heard.titles == ["helpdesk:main does not answer"]
    db.write(lambda c: upstreams.close(c, "helpdesk:main"))
    look(db, MINUTE * 4)
    for _ in range(5):
        db.write(lambda c: upstreams.failed(c, "helpdesk:main"))
    look(db, MINUTE * 5)
    tell(db, heard, MINUTE * 5)
    assert heard.titles == ["helpdesk:main does not answer"] * 2
    assert db.read(lambda c: tallies.read(c, tallies.ALERTS)) == [
        (["provider_down", "helpdesk:main"], 2)
    ]


def test_what_is_buried(db: Database, heard: Sink) -> None:
    store(db, waits(1), waits(2))
    db.write(lambda c: c.execute(update(outbox).values(state="buried")))
    look(db)
    look(db)
    tell(db, heard)
    assert heard.titles == ["sms-us: 2 things were given up on"]
    assert "/ops/buried" in heard.taken[0]["message"]


@pytest.mark.parametrize(
    ("usual", "today", "is_told"),
    [
        ((20, 120), (15, 30), True),  # 17 % -> 50 %
        ((20, 120), (6, 30), False),  # 20 %: not half as much again
        ((6, 120), (3, 30), False),  # 5 % -> 10 %: twice, and five points
        ((20, 120), (10, 19), False),  # too few to say
        ((5, 30), (15, 30), False),  # nothing to compare with
    ],
)
def test_a_jump_of_the_handoff_rate(
    sqlite: Database, usual: tuple[int, int], today: tuple[int, int], is_told: bool
) -> None:
    made = []
    for (handed, all_of), days in ((usual, 5), (today, 0)):
        for place in range(all_of):
            at = NOW - HOUR - timedelta(days=days, seconds=place)
            trigger = Trigger.LEGAL if place < handed else None
            made.append(Told(at, trigger, outcome=Outcome.AGENT_RESOLVED))
    store(sqlite, *made)
    assert bool(kinds(sqlite)) is is_told


def test_each_address_is_told_once_and_again_only_where_it_failed(
    sqlite: Database, heard: Sink, lines: io.StringIO
) -> None:
    db = sqlite
    with sink() as second:
        second.status = 500
        both = Recipients((heard.address, second.address))
        alerts.alert(db, NOW, "ticket_refused", "main", ticket="41")
        alerts.alert(db, NOW, "ticket_refused", "main", ticket="42")  # the same cause, the same day

        def turn(at: timedelta) -> None:
            telling.tell(db, both, PLACES, lambda: NOW + at, lambda: True)

        turn(timedelta())
        turn(timedelta(seconds=29))  # not due yet
        assert (heard.calls, second.calls) == (1, 1)
        second.status = 200
        turn(timedelta(seconds=31))
        turn(HOUR)
        assert (heard.titles, second.titles) == (["main: ticket refused"],) * 2
    counted = db.read(lambda c: tallies.read(c, tallies.ALERTS))
    assert counted == [(["ticket_refused", "main"], 2)]
    # Neither the log nor the database knows the address.
    kept = db.read(lambda c: str(c.execute(select(rows)).all()))
    assert CANARY not in lines.getvalue() + kept
    assert '"event": "telling_failed"' in lines.getvalue()
    assert '"event": "people_told"' in lines.getvalue()


def test_an_address_that_is_none_harms_nothing(
    db: Database, heard: Sink, lines: io.StringIO
) -> None:
    alerts.alert(db, NOW, "ticket_refused", "main")
    wrong = f"nosuch://{CANARY}"
    telling.tell(db, Recipients((wrong, heard.address)), PLACES, lambda: NOW, lambda: True)
    assert len(heard.taken) == 1
    assert CANARY not in lines.getvalue()


def test_what_is_long_past_is_told_to_nobody(db: Database, heard: Sink) -> None:
    """Somebody sets `ops.alerts` when there have been alarms for weeks."""
    db.write(lambda c: alarms.add(c, Alarm("a", "ticket_refused", "main"), NOW))
    tell(db, heard, timedelta(days=3))
    assert heard.calls == 0
    assert db.read(lambda c: alarms.to_tell(c, NOW + timedelta(days=9), 9)) == []


def test_agents_get_a_notice_of_each_handoff_and_its_ticket(db: Database, heard: Sink) -> None:
    from dataclasses import replace

    one = rig(db)
    one.parts = replace(one.parts, tell_handoffs=True)
    for customer in ("+15550101", "+15550102"):
        one.texts_in("I want to talk to a human please", customer)
    one.passes(2)
    tell(db, heard, one.at - NOW)
    tell(db, heard, one.at - NOW)
    assert heard.titles == ["sms-us: a customer needs a person (explicit request)"] * 2
    said = [each["message"] for each in heard.taken]
    assert {t.split("/tickets/")[1].split()[0] for t in said} == {"1", "2"}
    assert not any("555" in text or "human" in text for text in said)


def test_a_cap_is_told_with_what_follows_from_it(db: Database, heard: Sink) -> None:
    one = rig(db, dollars=0.000001)
    for customer in ("+15550101", "+15550102"):
        one.texts_in("Where is my parcel?", customer)
    one.passes(2)
    tell(db, heard, one.at - NOW)
    assert heard.titles == ["sms-us: the limit usd_per_day is used up (1e-06 US dollars a day)"]
    assert "handed over to a person" in heard.taken[0]["message"]
