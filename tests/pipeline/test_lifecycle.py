"""Life cycle through the pipeline: alarms, links of merged tickets, scores, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from connector.domain.ids import TicketId
from connector.domain.tickets import TicketStatus
from connector.errors import Uncertain
from connector.pipeline import receive
from connector.storage import links, missed
from connector.storage.engine import Database
from connector.storage.tables import episodes
from tests.domain.decide.given import POLICY
from tests.pipeline.rig import CHANNEL, FakeDesk, Rig

PLEA = "I want to talk to a human please"
ONE, TWO = TicketId("1"), TicketId("2")
OTHER = "+15550124"
KEPT = replace(POLICY, grace=timedelta(minutes=10), survey=timedelta(hours=1))


def under_way(db: Database) -> list[TicketId]:
    return db.read(lambda c: missed.tickets_under_way(c, "main"))


def test_a52_a_deleted_ticket_is_an_error_in_the_log(db: Database) -> None:
    rig = Rig(db)
    rig.texts_in(PLEA)
    rig.passes(1)
    rig.desk.tickets[ONE].deleted = True
    rig.webhook("1")
    with capture_logs() as logs:
        rig.passes(1)
    assert [x["log_level"] for x in logs if x["event"] == "ticket_gone"] == ["error"]
    assert under_way(db) == []


def test_a_channel_that_moves_to_another_helpdesk_leaves_its_tickets_where_they_are(
    db: Database,
) -> None:
    """There the same number is another customer's ticket: what stands in it must not be texted."""
    rig = Rig(db)
    rig.texts_in(PLEA)
    rig.passes(1)
    west, moved = FakeDesk(), replace(rig.parts.channels[CHANNEL], helpdesk="west")
    west.now = rig.desk.now
    rig.parts = replace(
        rig.parts, channels={CHANNEL: moved}, helpdesks={"main": rig.desk, "west": west}
    )
    rig.texts_in(PLEA, OTHER)
    rig.passes(1)
    assert set(west.tickets) == {ONE}
    west.agent_says(ONE, "From the west")
    rig.desk.agent_says(ONE, "From the main desk")
    for desk in ("main", "west"):
        receive.from_helpdesk(rig.parts, desk, [ONE], f"moved {desk}")
    rig.texts_in("Thank you")
    rig.texts_in("Thanks", OTHER)
    rig.passes(1)
    assert (rig.phone()[-1], rig.phone(OTHER)[-1]) == (
        "Ana: From the main desk",
        "Ana: From the west",
    )
    assert (rig.desk.customer_texts(ONE), west.customer_texts(ONE)) == (["Thank you"], ["Thanks"])
    # The next ticket is in the new helpdesk, and follows none there.
    rig.desk.tickets[ONE].status = TicketStatus.CLOSED
    receive.from_helpdesk(rig.parts, "main", [ONE], "closed")
    rig.passes(1)
    rig.texts_in(PLEA)
    rig.passes(1)
    assert west.tickets[TWO].draft.follows is None
    assert set(rig.desk.tickets) == {ONE}
    # Its old helpdesk is not even configured any more: what is to be done there waits.
    back = replace(moved, helpdesk="main")
    rig.parts = replace(rig.parts, channels={CHANNEL: back}, helpdesks={"main": rig.desk})
    rig.texts_in("Hello?")
    with pytest.raises(LookupError, match="is not configured"):
        rig.passes(1)


def test_a51_the_target_of_a_merge_is_looked_after_for_both_conversations(db: Database) -> None:
    rig = Rig(db)
    rig.texts_in(PLEA)
    rig.passes(1)
    rig.texts_in(PLEA, OTHER)
    rig.passes(1)
    rig.desk.merge(ONE, TWO)
    rig.webhook("1")
    rig.passes(10)
    assert under_way(db) == [TWO]
    assert len(db.read(lambda c: links.conversations_of(c, "main", TWO))) == 2
    assert db.read(lambda c: links.linked(c, "main", [ONE, TWO, TicketId("3")])) == {ONE, TWO}
    rig.desk.agent_says(TWO, "For both")
    assert rig.webhook("2") == 2
    rig.passes(1)
    assert rig.phone()[-1] == rig.phone(OTHER)[-1] == "Ana: For both"
    rig.texts_in("Thank you")
    rig.passes(1)
    assert rig.desk.customer_texts(TWO) == ["Thank you"]


def test_a51_a_target_that_nobody_knew_is_polled(db: Database) -> None:
    rig = Rig(db)
    rig.texts_in(PLEA)
    rig.passes(1)
    rig.desk.tickets[TicketId("77")] = replace(
        rig.desk.tickets[ONE], id=TicketId("77"), comments=[]
    )
    rig.desk.merge(ONE, TicketId("77"))
    rig.webhook("1")
    rig.passes(10)
    assert under_way(db) == ["77"]
    rig.desk.agent_says(TicketId("77"), "Found you")
    assert rig.webhook("77") == 1
    rig.passes(1)
    assert rig.phone()[-1] == "Ana: Found you"


def test_a49_a_reopening_whose_answer_was_lost_reopens_once(db: Database) -> None:
    rig = Rig(db, policy=KEPT)
    rig.texts_in(PLEA)
    rig.passes(1)
    rig.desk.tickets[ONE].status = TicketStatus.SOLVED
    rig.webhook("1")
    rig.passes(1)
    assert under_way(db) == [ONE]  # an agent may still reopen it
    left = [1]

    def lost(operation: str, when: str) -> None:
        if (operation, when) == ("add_comment", "after") and left[0]:
            left[0] -= 1
            raise Uncertain("the answer was lost")

    rig.hook(lost)
    rig.texts_in("It is still broken")
    rig.webhook("1")
    rig.passes(60)
    assert rig.desk.customer_texts(ONE) == ["It is still broken"]
    assert rig.desk.tickets[ONE].status is TicketStatus.OPEN
    assert sum(t.startswith("<solved") for t in rig.phone()) == 1


def test_a54_the_score_is_stored_with_the_episode(db: Database) -> None:
    rig = Rig(db, policy=KEPT)
    rig.texts_in(PLEA)
    rig.passes(1)
    rig.desk.tickets[ONE].status = TicketStatus.SOLVED
    rig.webhook("1")
    rig.passes(1)
    rig.texts_in("five")
    rig.passes(900)
    (row,) = db.read(lambda c: c.execute(episodes.select()).all())
    assert (row.score, row.outcome) == (5, "agent_resolved")
    assert "rating: 5 of 5" in rig.desk.transcript(ONE)


def test_a53_a_tag_is_taken_off_although_the_answer_was_lost(db: Database) -> None:
    rig = Rig(db)
    rig.texts_in(PLEA)
    rig.passes(1)
    rig.desk.tickets[ONE].tags |= {"bot_resume", "vip"}
    left = [1]

    def lost(operation: str, when: str) -> None:
        if (operation, when) == ("remove_tags", "after") and left[0]:
            left[0] -= 1
            raise Uncertain("the answer was lost")

    rig.hook(lost)
    rig.webhook("1")
    rig.passes(60)
    assert rig.desk.tickets[ONE].tags == {"vip"}
    (row,) = db.read(lambda c: c.execute(episodes.select()).all())
    assert row.outcome == "handed_back"
