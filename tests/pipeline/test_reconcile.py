"""What webhooks missed comes in once, in order, on both databases, with a clock that is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from connector.channels.base import Inbound, InboundMessage, Received
from connector.domain.ids import Address, ExternalId, TicketId
from connector.domain.tickets import Changes, Cursor, TicketStatus
from connector.errors import MalformedPayload, Rejected, Transient
from connector.helpdesks.base import History
from connector.pipeline.reconcile import history, received, tickets
from connector.pipeline.reconcile.ticker import Off
from connector.pipeline.reconcile.tickets import AT_ONCE, Seen, compare
from connector.storage.engine import Database
from connector.storage.tables import cursors as cursors_table
from connector.storage.tables import episodes, inbox
from tests.domain.decide.given import T0
from tests.pipeline.rig import CHANNEL, FakeChannel, FakeDesk, Rig

PLEA = "I want to talk to a human please"
ONE, TWO = TicketId("1"), TicketId("2")
SECOND = timedelta(seconds=1)


def always() -> bool:
    return True


@dataclass
class AskedDesk(FakeDesk):
    """Stamps have whole seconds, as Zendesk's have."""

    stamped: dict[TicketId, datetime] = field(default_factory=dict)
    gone: set[TicketId] = field(default_factory=set)
    pages: list[History | Exception] = field(default_factory=list)
    asked: list[Sequence[TicketId]] = field(default_factory=list)
    read: list[TicketId] = field(default_factory=list)
    since: list[datetime] = field(default_factory=list)

    def agent_says(self, ticket: TicketId, text: str, *, public: bool = True) -> None:
        super().agent_says(ticket, text, public=public)
        self.stamped[ticket] = self.now()

    def last_changes(self, asked: Sequence[TicketId]) -> Mapping[TicketId, str]:
        self.asked.append(asked)
        self.doing("last_changes", lambda: None)
        there = [t for t in asked if t in self.tickets and t not in self.gone]
        return {t: f"{self.stamped.get(t, T0):%H:%M:%S}" for t in there}

    def history(self, since: datetime) -> History:
        self.since.append(since)
        page = self.pages.pop(0) if self.pages else History({}, since, False)
        if isinstance(page, Exception):
            raise page
        return page

    def changes(self, ticket: TicketId, after: Cursor) -> Changes:
        self.read.append(ticket)
        if ticket in self.gone:
            raise Rejected("gone", code="gone", meaning="the ticket was deleted")
        return super().changes(ticket, after)


@dataclass
class ListingChannel(FakeChannel):
    listed: list[Received] = field(default_factory=list)
    since: list[datetime] = field(default_factory=list)

    def received(self, since: datetime) -> Sequence[Received]:
        self.since.append(since)
        self.doing("received", lambda: None)
        return sorted((r for r in self.listed if r.at >= since), key=lambda r: r.at)

    def lost(self, sid: str, text: str, at: datetime, customer: str = "+15550123") -> None:
        """Written, and its webhook lost."""
        told = InboundMessage(ExternalId(sid), Address(customer), text, raw={})
        self.listed.append(Received(told.id, at, lambda: told, lambda: told))


@dataclass
class Asked(Rig):
    channel: FakeChannel = field(default_factory=ListingChannel)
    desk: FakeDesk = field(default_factory=AskedDesk)

    @property
    def asked(self) -> AskedDesk:
        assert isinstance(self.desk, AskedDesk)
        return self.desk

    @property
    def listing(self) -> ListingChannel:
        assert isinstance(self.channel, ListingChannel)
        return self.channel

    def poll(self, goes_on: Callable[[], bool] = always) -> None:
        tickets.poll(self.parts, "main", self.asked, goes_on)
        self.drain()

    def catches_up(self) -> None:
        history.catch_up(self.parts, "main", self.asked, always)
        self.drain()

    def lists(self) -> datetime | None:
        again = received.catch_up(self.parts, CHANNEL, self.listing, always)
        self.passes(2)
        return again

    def hands_over(self, customer: str = "+15550123") -> None:
        self.texts_in(PLEA, customer)
        self.passes(1)

    def later(self, **by: float) -> None:
        self.passes(timedelta(**by).total_seconds())


@pytest.fixture
def rig(db: Database) -> Asked:
    return Asked(db)


def events(db: Database) -> int:
    return len(db.read(lambda c: c.execute(inbox.select()).all()))


# Tickets under way


def test_a39_a_comment_without_a_webhook_reaches_the_customer_once(rig: Asked) -> None:
    rig.hands_over()
    rig.later(minutes=10)
    rig.desk.agent_says(ONE, "Hello")
    rig.poll()
    assert rig.phone()[1:] == ["Ana: Hello"]
    for _ in range(3):
        rig.later(minutes=1)
        rig.poll()
    assert rig.phone()[1:] == ["Ana: Hello"]


def test_a_second_comment_within_the_second_that_was_seen_is_not_missed(rig: Asked) -> None:
    rig.hands_over()
    rig.later(minutes=10)
    rig.desk.agent_says(ONE, "Hello")
    rig.poll()
    rig.desk.agent_says(ONE, "One moment")  # the stamp stays the same
    rig.later(seconds=48)
    rig.poll()
    assert rig.phone()[1:] == ["Ana: Hello", "Ana: One moment"]


def test_what_has_not_changed_is_not_read_and_nothing_is_written(rig: Asked) -> None:
    rig.hands_over()
    for _ in range(2):
        rig.poll()
    read, before = len(rig.asked.read), events(rig.db)
    stored = rig.db.read(lambda c: c.execute(cursors_table.select()).all())
    rig.later(minutes=1)
    rig.poll()
    assert (len(rig.asked.read), events(rig.db)) == (read, before)
    assert rig.db.read(lambda c: c.execute(cursors_table.select()).all()) == stored
    assert rig.asked.asked[-1] == [ONE]


def test_a_webhook_and_a_look_are_two_events_and_one_message(rig: Asked) -> None:
    rig.hands_over()
    rig.later(minutes=10)
    rig.desk.agent_says(ONE, "Hello")
    rig.webhook("1")
    rig.poll()
    rig.webhook("1")
    rig.later(minutes=1)
    rig.poll()
    assert rig.phone()[1:] == ["Ana: Hello"]


def test_a_deleted_ticket_ends_the_conversation_with_the_agent(rig: Asked) -> None:
    rig.hands_over()
    rig.asked.gone.add(ONE)
    rig.poll()
    rows = rig.db.read(lambda c: c.execute(episodes.select()).all())
    assert [r.outcome for r in rows] == ["released"]
    rig.later(minutes=1)
    count = len(rig.asked.asked)
    rig.poll()
    assert len(rig.asked.asked) == count  # nothing is under way


def test_a_crash_between_the_news_and_the_cursor_changes_nothing(
    rig: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.hands_over()
    rig.later(minutes=10)
    rig.desk.agent_says(ONE, "Hello")
    with monkeypatch.context() as patch:
        patch.setattr(tickets, "_keep", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tickets.poll(rig.parts, "main", rig.asked, always)
    before = events(rig.db)
    rig.poll()
    assert rig.phone()[1:] == ["Ana: Hello"]
    names = [r.external_id for r in rig.db.read(lambda c: c.execute(inbox.select()).all())]
    polled = [n for n in names if n.startswith("poll:")]
    assert len(polled) == 1
    assert events(rig.db) >= before


def test_a_failure_half_way_loses_nothing_and_the_next_turn_begins_there(
    rig: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets, "AT_ONCE", 1)
    for number in range(3):
        rig.hands_over(f"+1555010{number}")
    calls = [0]

    def hook(operation: str, when: str) -> None:
        calls[0] += operation == "last_changes" and when == "before"
        if calls[0] == 2 and operation == "last_changes":
            raise Transient("429", retry_after=5 * SECOND)

    rig.hook(hook)
    with pytest.raises(Transient):
        rig.poll()
    rig.poll()
    assert [list(a) for a in rig.asked.asked] == [["1"], ["2"], ["2"], ["3"], ["1"]]


def test_a_turn_stops_when_its_time_is_over(rig: Asked) -> None:
    rig.hands_over()
    rig.poll(lambda: False)
    assert rig.asked.asked == []


def test_a_hundred_at_once_and_all_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "CALLS", 2)
    many = sorted(TicketId(str(n)) for n in range(450))
    after, asked = "", []
    for _ in range(3):
        batches = tickets._batches(many, after)
        assert [len(b) for b in batches] == [AT_ONCE, AT_ONCE]
        asked += [t for b in batches for t in b]
        after = batches[-1][-1]
    assert set(asked) == set(many)


def test_a_missing_ticket_is_asked_about_again_in_an_hour() -> None:
    names = set()
    seen = Seen({ONE: "a"})
    for minutes in (0, 1, 59, 61):
        news, seen = compare([ONE], {}, seen, T0 + timedelta(minutes=minutes))
        names |= set(news.values())
    assert len(names) == 2
    assert compare([ONE], {ONE: "a"}, seen, T0)[0] == {}


# History


def happened(*changed: TicketId, at: datetime = T0, number: int = 1, more: bool = False) -> History:
    return History({t: str(number) for t in changed}, at, more)


def test_a_comment_on_a_solved_ticket_while_nobody_listened_is_delivered_once(rig: Asked) -> None:
    rig.hands_over()
    rig.catches_up()
    rig.desk.tickets[ONE].status = TicketStatus.SOLVED
    rig.webhook("1")
    rig.later(minutes=10)
    before = len(rig.phone())
    rig.desk.agent_says(ONE, "One more thing")
    for _ in range(3):
        rig.asked.pages = [happened(TicketId("77"), ONE, at=rig.at)]  # 77 is nobody's here
        rig.catches_up()
    assert rig.phone()[before:] == ["Ana: One more thing"]


def test_history_begins_a_minute_before_the_first_turn_and_goes_on_where_it_ended(
    rig: Asked,
) -> None:
    rig.catches_up()
    rig.asked.pages = [happened(at=T0 + 5 * SECOND, more=True), happened(at=T0 + 9 * SECOND)]
    rig.later(minutes=5)
    rig.catches_up()
    rig.later(minutes=5)
    rig.catches_up()
    first = T0 - timedelta(minutes=1)
    assert rig.asked.since == [first, first, T0 + 5 * SECOND, T0 + 9 * SECOND]


def test_history_is_read_five_pages_a_turn(rig: Asked) -> None:
    rig.asked.pages = [happened(at=T0 + n * SECOND, more=True) for n in range(8)]
    rig.catches_up()
    assert len(rig.asked.since) == 5


def test_a_failure_loses_no_history(rig: Asked) -> None:
    rig.asked.pages = [happened(at=T0, more=True), Transient("down")]
    with pytest.raises(Transient):
        rig.catches_up()
    rig.catches_up()
    assert rig.asked.since[-1] == rig.asked.since[-2] == T0


def test_who_may_not_read_history_is_told_so(rig: Asked) -> None:
    rig.asked.pages = [Rejected("403", code="Forbidden", meaning="an admin only")]
    with pytest.raises(Off, match="admin"):
        rig.catches_up()


# What customers wrote


def test_lost_texts_are_answered_once_and_in_order(rig: Asked) -> None:
    rig.lists()
    rig.later(hours=1)
    rig.listing.lost("SMb", "two", rig.at - 20 * SECOND)
    rig.listing.lost("SMa", "one", rig.at - 30 * SECOND)
    rig.lists()
    assert rig.phone() == ["<automated:-> re: one | two"]
    rig.later(minutes=1)
    rig.lists()
    assert len(rig.phone()) == 1


def test_a_text_that_came_by_webhook_is_not_read_again(rig: Asked) -> None:
    rig.lists()
    rig.texts_in("hello", sid="SMa")

    def read() -> Inbound:
        raise AssertionError("it is known")

    rig.listing.listed.append(Received(ExternalId("SMa"), rig.at, read, read))
    rig.later(minutes=1)
    rig.lists()
    assert len(rig.phone()) == 1


def test_a_webhook_that_comes_after_all_changes_nothing(rig: Asked) -> None:
    rig.lists()
    rig.later(minutes=1)
    rig.listing.lost("SMa", "hello", rig.at - 30 * SECOND)
    rig.lists()
    assert rig.texts_in("hello", sid="SMa") == 0
    rig.passes(2)
    assert len(rig.phone()) == 1


def test_what_was_written_before_the_connector_existed_is_not_replayed(rig: Asked) -> None:
    rig.listing.lost("SMold", "last year", T0 - timedelta(minutes=2))
    rig.lists()
    rig.later(minutes=1)
    rig.lists()
    assert rig.listing.since == [T0]
    assert rig.phone() == []


def test_the_webhook_has_ten_seconds(rig: Asked) -> None:
    rig.lists()
    rig.later(minutes=1)
    rig.listing.lost("SMa", "hello", rig.at - 3 * SECOND)
    again = rig.lists()
    assert rig.phone() == []
    assert again is not None
    assert timedelta() < again - rig.at < 10 * SECOND  # and then it is not left for long
    rig.at = again
    assert rig.lists() is None
    assert len(rig.phone()) == 1


def test_a_list_that_lags_loses_nothing(rig: Asked) -> None:
    """It stands in the list only minutes after it was written."""
    rig.lists()
    for _ in range(4):
        rig.later(minutes=1)
        rig.lists()
    rig.listing.lost("SMa", "hello", rig.at - timedelta(minutes=3))
    rig.lists()
    assert len(rig.phone()) == 1


def test_a_failure_among_many_keeps_what_came_before_and_asks_again(rig: Asked) -> None:
    rig.lists()
    rig.later(minutes=5)
    for number in range(3):
        rig.listing.lost(f"SM{number}x", f"text {number}", rig.at - (30 - number) * SECOND)
    good, times = rig.listing.listed[1].read, [0]

    def read() -> Inbound:
        times[0] += 1
        if times[0] == 1:
            raise Transient("media: 503")
        return good()

    first, second, third = rig.listing.listed
    rig.listing.listed = [first, Received(second.id, second.at, read, second.words), third]
    with pytest.raises(Transient):
        rig.lists()
    rig.passes(2)
    assert rig.phone() == ["<automated:-> re: text 0"]
    rig.lists()
    assert rig.phone()[1:] == ["re: text 1 | text 2"]


def test_files_that_are_not_to_be_had_for_an_hour_hold_nobody_back(rig: Asked) -> None:
    rig.lists()
    rig.later(minutes=5)
    rig.listing.lost("SMa", "look at this", rig.at - 30 * SECOND)
    rig.listing.lost("SMb", "do you see it?", rig.at - 20 * SECOND)

    def read() -> Inbound:
        raise Transient("media: 500")

    first, second = rig.listing.listed
    rig.listing.listed = [Received(first.id, first.at, read, first.words), second]
    with pytest.raises(Transient):
        rig.lists()
    rig.later(hours=1)
    rig.lists()
    assert rig.phone() == ["<automated:-> re: look at this | do you see it?"]


def test_one_that_can_not_be_read_stops_no_other(rig: Asked) -> None:
    rig.lists()
    rig.later(minutes=5)

    def read() -> Inbound:
        raise MalformedPayload("no From")

    rig.listing.listed.append(Received(ExternalId("SMbad"), rig.at - 40 * SECOND, read, read))
    rig.listing.lost("SMa", "hello", rig.at - 30 * SECOND)
    rig.lists()
    assert len(rig.phone()) == 1


def test_more_than_a_batch(rig: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(received, "AT_ONCE", 2)
    rig.lists()
    rig.later(hours=1)
    for number in range(5):
        rig.listing.lost(f"SM{number}x", str(number), rig.at - (30 - number) * SECOND)
    rig.lists()
    assert rig.phone() == ["<automated:-> re: 0 | 1 | 2 | 3 | 4"]
