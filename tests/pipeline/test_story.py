"""The main job through the pipeline, on both databases, and what happens when a part of it fails."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.domain.ids import TicketId
from connector.domain.tickets import TicketStatus
from connector.errors import Rejected, Transient, Uncertain
from connector.storage.engine import Database
from connector.storage.tables import attempts, episodes, inbox, outbox
from tests.pipeline.rig import CHANNEL, DeafChannel, Rig

PLEA = "I want to talk to a human please"
ONE = TicketId("1")


def failing(operation: str, error: Exception, times: int = 1, when: str = "before") -> object:
    left = [times]

    def hook(done: str, moment: str) -> None:
        if done == operation and moment == when and left[0]:
            left[0] -= 1
            raise error

    return hook


def outcomes(db: Database) -> list[str | None]:
    rows = db.read(lambda c: c.execute(episodes.select().order_by(episodes.c.number)).all())
    return [r.outcome for r in rows]


def test_the_main_job(db: Database) -> None:
    rig = Rig(db)
    rig.texts_in("Where is my parcel?")
    rig.passes(2)
    assert rig.phone() == ["<automated:-> re: Where is my parcel?"]
    rig.texts_in(PLEA)
    rig.passes(1)
    assert rig.phone()[1:] == ["<handoff:en>"]
    assert "Where is my parcel?" in rig.desk.transcript(ONE)
    rig.texts_in("Are you there?")
    rig.desk.agent_says(ONE, "internal canary", public=False)
    rig.desk.agent_says(ONE, "Hello, this is Ana")
    rig.webhook("1")
    rig.passes(1)
    assert rig.desk.customer_texts(ONE) == ["Are you there?"]
    assert rig.phone()[2:] == ["Ana: Hello, this is Ana"]
    rig.desk.agent_says(ONE, "All done")
    rig.desk.tickets[ONE].status = TicketStatus.SOLVED
    rig.webhook("1")
    rig.passes(1)
    assert rig.phone()[3:] == ["Ana: All done", "<solved:en>"]
    assert outcomes(db) == ["agent_resolved"]
    rig.texts_in("One more question")
    rig.passes(2)
    assert rig.phone()[5:] == ["<automated:en> re: One more question"]
    assert "All done" in rig.bot.asked[-1].lesson
    assert not [t for t in rig.phone() if "canary" in t]


def test_a01_the_same_message_twice_also_at_once_is_one_turn(db: Database) -> None:
    rig = Rig(db)
    assert [rig.texts_in("Hi there", sid="SMsame") for _ in range(3)] == [1, 0, 0]
    rig.passes(2)
    assert len(rig.bot.asked) == 1


def test_a18_an_overloaded_model_is_tried_three_times_then_a_person_takes_over(
    db: Database,
) -> None:
    rig = Rig(db)
    rig.hook(failing("answer", Transient("overloaded", code="529"), times=99))  # type: ignore[arg-type]
    rig.texts_in("Where is my parcel?")
    rig.passes(30)
    tries = db.read(
        lambda c: len(
            c.execute(
                attempts.select()
                .join(outbox, outbox.c.id == attempts.c.outbox_id)
                .where(outbox.c.kind == "AskBot")
            ).all()
        )
    )
    assert tries == 3
    assert rig.phone() == ["<handoff:->"]
    assert len(rig.desk.tickets) == 1


def test_a23_a_create_whose_answer_was_lost_gives_one_ticket(db: Database) -> None:
    rig = Rig(db)
    rig.hook(failing("open_ticket", Uncertain("reset"), when="after"))  # type: ignore[arg-type]
    rig.texts_in(PLEA)
    rig.passes(60)
    assert len(rig.desk.tickets) == 1
    assert rig.phone()[-1] == "<handoff:en>"


def test_a24_while_the_helpdesk_is_down_the_customer_is_told_the_truth(db: Database) -> None:
    rig = Rig(db)
    rig.hook(failing("open_ticket", Transient("down"), times=12))  # type: ignore[arg-type]
    rig.texts_in(PLEA)
    rig.passes(60)
    assert rig.phone() == ["<handoff_delayed:en>"]
    rig.texts_in("Hello?")
    rig.passes(600)
    assert rig.phone() == ["<handoff_delayed:en>"]
    rig.passes(4 * 3600)
    assert rig.phone() == ["<handoff_delayed:en>", "<handoff:en>"]
    assert len(rig.desk.tickets) == 1
    assert rig.desk.customer_texts(ONE) == ["Hello?"]


def test_retry_after_is_honoured(db: Database) -> None:
    rig = Rig(db)
    wait = timedelta(seconds=90)
    rig.hook(failing("open_ticket", Transient("429", retry_after=wait)))  # type: ignore[arg-type]
    rig.texts_in(PLEA)
    rig.passes(85)
    assert not rig.desk.tickets
    rig.passes(10)
    assert len(rig.desk.tickets) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_uncertain_send_is_settled_by_asking_and_sent_once(db: Database, when: str) -> None:
    rig = Rig(db)
    rig.hook(failing("send", Uncertain("reset"), when=when))  # type: ignore[arg-type]
    rig.texts_in("Where is my parcel?")
    rig.passes(5)
    assert len(rig.phone()) == (1 if when == "after" else 0)
    rig.passes(20)
    assert len(rig.phone()) == 1


@pytest.mark.parametrize(("resend", "received"), [(False, 1), (True, 2)])
def test_what_stays_unprovable_follows_the_channels_policy_and_the_ticket_says_so(
    db: Database, resend: bool, received: int
) -> None:
    rig = Rig(db, channel=DeafChannel(), resend_unproven=resend)
    rig.texts_in(PLEA)
    rig.passes(1)
    rig.hook(failing("send", Uncertain("reset"), when="after"))  # type: ignore[arg-type]
    rig.desk.agent_says(ONE, "Hello")
    rig.webhook("1")
    rig.passes(60)
    assert rig.phone().count("Ana: Hello") == received
    assert ("not certain" in rig.desk.transcript(ONE)) is not resend


def test_a_refused_send_is_explained_in_the_ticket(db: Database) -> None:
    rig = Rig(db)
    rig.texts_in(PLEA)
    rig.passes(1)
    rig.hook(failing("send", Rejected("no", code="21614", meaning="a landline")))  # type: ignore[arg-type]
    rig.desk.agent_says(ONE, "Hello")
    rig.webhook("1")
    rig.passes(5)
    assert "a landline" in rig.desk.transcript(ONE)


def test_a_direction_that_waits_holds_back_no_other(db: Database) -> None:
    """STOP works while the model is down; a ticket is read while writing to it must wait."""
    rig = Rig(db)
    rig.texts_in(PLEA)
    rig.passes(1)
    rig.hook(failing("add_comment", Transient("429", retry_after=timedelta(hours=1)), times=9))  # type: ignore[arg-type]
    rig.texts_in("Hello?")
    rig.desk.agent_says(ONE, "I am here")
    rig.webhook("1")
    rig.passes(5)
    assert rig.phone()[-1] == "Ana: I am here"


def test_a_customer_of_another_channel_that_is_gone_parks_alone(db: Database) -> None:
    rig = Rig(db)
    rig.texts_in("Hi there", customer="+15550199")
    rig.texts_in("Where is my parcel?")
    rig.passes(2)
    assert len(rig.phone()) == len(rig.phone("+15550199")) == 1
    assert CHANNEL in rig.parts.channels


def test_raw_payloads_are_kept(db: Database) -> None:
    rig = Rig(db)
    rig.texts_in("Hi there")
    assert db.read(lambda c: [r.raw for r in c.execute(inbox.select())]) == ["{}"]
