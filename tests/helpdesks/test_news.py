"""What Zendesk tells when it is asked, for when a webhook got lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.domain.ids import TicketId
from connector.errors import Rejected, Transient
from connector.helpdesks.base import TellsHistory, TellsLastChange
from connector.helpdesks.zendesk.comments import stamp
from connector.helpdesks.zendesk.desk import Zendesk
from tests.helpdesks.conftest import Clock
from tests.helpdesks.fake import NOT_FOUND, Fake, Fault

SHOW, EVENTS = "tickets/show_many", "incremental/ticket_events"


def event(number: int, ticket: int, at: datetime, **more: Any) -> dict[str, Any]:
    return {"id": number, "ticket_id": ticket, "timestamp": int(at.timestamp()), **more}


def test_can_be_asked(desk: Zendesk) -> None:
    assert isinstance(desk, TellsLastChange)
    assert isinstance(desk, TellsHistory)


def test_a_hundred_tickets_in_one_request(desk: Zendesk, fake: Fake) -> None:
    at = "2026-11-24T09:00:00Z"
    there = [TicketId(str(fake.add_ticket(updated_at=at))) for _ in range(99)]
    assert desk.last_changes([*there, TicketId("7")]) == dict.fromkeys(there, at)
    (asked,) = fake.calls("GET", SHOW)
    assert asked.query == {"ids": ",".join([*there, "7"])}


def test_where_none_is_left_zendesk_may_say_404(desk: Zendesk, fake: Fake) -> None:
    fake.faults.append(Fault("GET", SHOW, 404, NOT_FOUND))
    assert desk.last_changes([TicketId("7")]) == {}


@pytest.mark.parametrize("path", [SHOW, EVENTS])
def test_retry_after_is_passed_on(desk: Zendesk, fake: Fake, clock: Clock, path: str) -> None:
    fake.faults.append(Fault("GET", path, 429, {}, {"Retry-After": "7"}))
    with pytest.raises(Transient) as told:
        desk.last_changes([TicketId("7")]) if path == SHOW else desk.history(clock.now)
    assert told.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("path", [SHOW, EVENTS])
@pytest.mark.parametrize(
    ("status", "body"),
    [(500, {}), (502, "<html>"), (200, {}), (200, {"tickets": [{}], "ticket_events": [{}]}),
     (200, []), (401, {}), (404, {})],
)  # fmt: skip
def test_any_other_answer_may_come_later(
    desk: Zendesk, fake: Fake, clock: Clock, path: str, status: int, body: Any
) -> None:
    fake.faults.append(Fault("GET", path, status, body, always=True))
    with pytest.raises(Transient):
        desk.last_changes([TicketId("7")]) if path == SHOW else desk.history(clock.now)


def test_history_names_each_ticket_once_with_its_last_event(
    desk: Zendesk, fake: Fake, clock: Clock
) -> None:
    at = clock.now - timedelta(hours=1)
    fake.events = [event(1, 12, at), event(2, 13, at), event(3, 12, at + timedelta(seconds=5))]
    told = desk.history(at)
    assert told.changed == {"12": "3", "13": "2"}
    assert told.until == at + timedelta(seconds=5)
    assert not told.more


def test_history_goes_on_where_a_page_ended(desk: Zendesk, fake: Fake, clock: Clock) -> None:
    at = clock.now - timedelta(hours=1)
    fake.events = [event(n, n, at + timedelta(seconds=n)) for n in range(1, 6)]
    fake.events_a_page = 2
    first = desk.history(at)
    assert (set(first.changed), first.more) == ({"1", "2"}, True)
    second = desk.history(first.until)
    assert set(second.changed) == {"2", "3"}  # the second that was cut is told again


def test_what_we_wrote_is_no_news(desk: Zendesk, fake: Fake, clock: Clock) -> None:
    at = clock.now - timedelta(hours=1)
    fake.events = [event(1, 12, at, metadata={"system": {}, "custom": stamp("c1.7")})]
    fake.events += [event(2, 13, at, metadata={"system": {}, "custom": {}})]
    assert desk.history(at).changed == {"13": "2"}


def test_the_newest_minute_is_not_asked_for(desk: Zendesk, fake: Fake, clock: Clock) -> None:
    desk.history(clock.now)
    (asked,) = fake.calls("GET", EVENTS)
    asked_for = datetime.fromtimestamp(int(asked.query["start_time"]), UTC)
    assert asked_for <= clock.now - timedelta(minutes=1)
    assert desk.history(clock.now).until == asked_for


def test_a_page_that_does_not_move_on_is_no_reason_to_ask_at_once(
    desk: Zendesk, fake: Fake, clock: Clock
) -> None:
    at = clock.now - timedelta(hours=1)
    fake.events, fake.events_a_page = [event(n, n, at) for n in range(1, 4)], 2
    assert not desk.history(at).more


def test_only_an_admin_may_read_history(desk: Zendesk, fake: Fake, clock: Clock) -> None:
    fake.faults.append(Fault("GET", EVENTS, 403, {"error": "Forbidden"}))
    with pytest.raises(Rejected) as told:
        desk.history(clock.now)
    assert "admin" in told.value.meaning
