"""Rows: waiting for a person, opening hours, the survey, receipts (A46, A47, A54, A42)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.domain import events as e
from connector.domain.conversation import Ended, Message, Outcome, Solved, WithAgent, WithBot
from connector.domain.effects import AskBot
from connector.domain.ids import ExternalId
from tests.domain.decide.given import PLEA, POLICY, T0, Story
from tests.domain.test_hours import OFFICE

WAITS = replace(POLICY, waiting_notice=timedelta(minutes=15))
ASKS = replace(POLICY, survey=timedelta(hours=1))
KEPT = replace(ASKS, grace=timedelta(minutes=10))
FRIDAY_NIGHT = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
BEFORE_SIX = datetime(2026, 11, 24, 22, 50, tzinfo=UTC)  # 17:50 in New York
MONDAY = datetime(2026, 11, 30, 14, tzinfo=UTC)


# --- waiting


def test_a46_one_update_and_no_more() -> None:
    story = Story(WAITS).with_agent()
    assert story.timers()["waiting"] == T0 + timedelta(minutes=15)
    story.later(900).timer("waiting")
    story.reads()
    assert story.sent() == ["<waiting:en>"]
    story.later(900).timer("waiting")
    if story.calls():
        story.reads()
    assert story.sent() == []
    assert isinstance(story.conversation.holder, WithAgent)


@pytest.mark.parametrize("what", ["answered", "opted out", "solved", "handed back"])
def test_a46_no_update_where_it_would_be_untrue(what: str) -> None:
    story = Story(WAITS).with_agent()
    if what == "answered":
        story.reads(story.comment("Hello"))
        assert "waiting" not in story.timers()
    elif what == "opted out":
        story.consents("stop", "STOP")
    elif what == "solved":
        story.solves()
    else:
        story.reads(tags=("bot_resume",))
    story.later(900).timer("waiting")
    if story.calls():
        story.reads()
    assert story.sent() == []


def test_a46_an_answer_that_we_had_not_heard_of_yet_is_an_answer() -> None:
    story = Story(WAITS).with_agent()
    story.later(900).timer("waiting")
    story.reads(story.comment("Hello"))
    assert story.sent() == ["Ana: Hello"]


def test_a46_a_note_is_no_answer() -> None:
    story = Story(WAITS).with_agent()
    story.reads(story.comment("who takes this?", public=False))
    story.later(900).timer("waiting")
    story.reads()
    assert story.sent() == ["<waiting:en>"]


def test_a46_who_reopens_the_ticket_waits_again() -> None:
    story = Story(replace(WAITS, grace=timedelta(minutes=10))).with_agent()
    story.reads(story.comment("Done"))
    story.solves()
    story.says("It is not done")
    assert story.timers()["waiting"] == story.at + timedelta(minutes=15)


# --- opening hours


def closed(at: datetime) -> Story:
    story = Story(replace(WAITS, hours=OFFICE), at=at)
    story.says(PLEA)
    story.summarised()
    story.opened()
    return story


def test_a47_the_handoff_message_names_the_next_opening_and_the_wait_begins_there() -> None:
    story = closed(FRIDAY_NIGHT)
    assert story.sent() == ["<after_hours:en Monday at 09:00>"]
    assert any("after_hours" in note for note in story.notes())
    assert story.timers()["waiting"] == MONDAY + timedelta(minutes=15)


def test_a47_during_opening_hours_it_is_the_usual_one() -> None:
    assert closed(MONDAY).sent() == ["<handoff:en>"]


def test_a47_closed_before_anybody_answered_the_update_names_the_next_opening() -> None:
    story = closed(BEFORE_SIX)
    assert story.sent() == ["<handoff:en>"]
    story.later(900).timer("waiting")
    story.reads()
    assert story.sent() == ["<after_hours:en Wednesday at 09:00>"]


# --- the survey


def asked(policy: object = ASKS) -> Story:
    story = Story(policy).with_agent()  # type: ignore[arg-type]
    story.solves(story.comment("Done"))
    assert story.sent() == ["Ana: Done", "<solved:en>", "<csat:en>"]
    return story


@pytest.mark.parametrize("policy", [ASKS, KEPT], ids=["over", "in the grace"])
@pytest.mark.parametrize("text", ["5", "five", "5/5 👍"])
def test_a54_the_answer_is_stored_and_noted_and_opens_nothing(policy: object, text: str) -> None:
    story = asked(policy)
    before = type(story.conversation.holder)
    story.says("Thanks!") if policy is KEPT else None
    story.says(text)
    assert story.conversation.episode.score == 5
    assert story.sent() == ["<csat_thanks:en>"]
    assert "rating: 5 of 5" in story.notes()[0]
    assert type(story.conversation.holder) is before
    assert story.conversation.episode.number == 1


@pytest.mark.parametrize(("policy", "after"), [(ASKS, WithBot), (KEPT, WithAgent)])
def test_a54_a_second_number_is_an_ordinary_message(policy: object, after: type) -> None:
    story = asked(policy)
    story.says("5")
    story.says("3")
    assert isinstance(story.conversation.holder, after)


@pytest.mark.parametrize("late", [False, True])
def test_a54_later_it_is_an_ordinary_message(late: bool) -> None:
    story = asked()
    story.later(3600 if late else 3599).says("4")
    assert isinstance(story.conversation.holder, WithBot if late else Ended)


def test_a54_out_of_range_is_asked_once_more_then_it_is_a_message() -> None:
    story = asked()
    story.says("9")
    assert story.sent() == ["<csat:en>"]
    assert "no number from 1 to 5" in story.notes()[0]
    story.says("8")
    assert isinstance(story.conversation.holder, WithBot)
    assert story.conversation.episode.score is None


def test_a54_another_message_closes_the_survey() -> None:
    story = asked()
    story.talks("How many parcels can I send?", "As many as you like. How many are they?")
    story.says("5")
    story.quiet()
    assert [type(x) for x in story.calls()] == [AskBot]


def test_a54_asked_once_an_episode_and_never_after_stop() -> None:
    story = asked(KEPT)
    story.says("5")
    story.says("And one more question")
    story.done().reads()
    story.changed()
    story.solves()
    assert story.sent() == ["<solved:en>"]
    story = Story(ASKS).with_agent()
    story.consents("stop", "STOP")
    story.solves()
    assert story.conversation.survey is None


# --- receipts


def failing(story: Story, texts: list[str], why: str) -> list[Message]:
    story.changed()
    story.reads(*[story.comment(t) for t in texts])
    found = [m for m in story.conversation.messages if m.text.removeprefix("Ana: ") in texts]
    for message in found:
        story.happens(e.DeliveryFailed(story.at, message.id, "30003", why))
    return found


def test_a42_one_note_a_cause_names_every_message() -> None:
    story = Story().with_agent()
    failing(story, ["One", "Two"], "the phone is off")
    failing(story, ["Three"], "a landline")
    assert story.timers()["report"] == story.at + timedelta(seconds=5)
    story.timer("report")
    first, second = story.notes()
    assert "the phone is off" in first
    assert "One" in first
    assert "Two" in first
    assert "Three" in second


def test_a42_the_same_cause_again_is_gathered_and_no_message_is_left_out() -> None:
    story = Story().with_agent()
    failing(story, ["One"], "the phone is off")
    story.later(5).timer("report")
    for text in ("Two", "Three", "Four"):
        failing(story.later(60), [text], "the phone is off")
        assert story.notes() == []
    assert "report" in story.timers()
    story.later(600).timer("report")
    (note,) = story.notes()
    assert all(text in note for text in ("Two", "Three", "Four"))


def test_what_is_gathered_is_told_before_the_episode_ends() -> None:
    story = Story().with_agent()
    failing(story, ["One"], "the phone is off")
    story.changed()
    story.solves()
    assert any("One" in note for note in story.notes())
    assert story.conversation.holder == Ended(Outcome.AGENT_RESOLVED)


def test_what_fails_after_the_solve_stands_in_the_ticket_too() -> None:
    story = Story().with_agent()
    story.solves(story.comment("Done"))
    message = story.conversation.messages[-2]
    story.happens(e.DeliveryFailed(story.at, message.id, "30003", "the phone is off"))
    story.timer("report")
    assert any("Done" in note for note in story.notes())
    story.says("A new question")
    story.happens(e.DeliveryFailed(story.at, story.conversation.earlier[-1].id, "30003", "off"))
    story.timer("report")
    assert len(story.notes()) == 1


def test_what_arrived_after_all_is_not_told() -> None:
    story = Story().with_agent()
    story.reads(story.comment("One"))
    message = story.conversation.messages[-1]
    story.happens(e.DeliveryUnknown(story.at, message.id, "the answer was lost"))
    story.happens(e.MessageSent(story.at, message.id, ExternalId("SM1")))
    story.timer("report")
    assert story.notes() == []


def test_a_late_receipt_of_the_first_try_does_not_undo_the_second() -> None:
    one, two = ExternalId("SMout1"), ExternalId("SMout2")
    story = Story().with_agent()
    story.reads(story.comment("One"))
    message = story.conversation.messages[-1]
    story.happens(e.MessageSent(story.at, message.id, one))
    story.happens(e.ReceiptArrived(story.at, one, "failed", "30003", "off"))
    story.reads(tags=("connector_resend",))
    story.happens(e.ReceiptArrived(story.at, one, "failed", "30003", "off"))
    story.happens(e.MessageSent(story.at, message.id, two))
    story.happens(e.ReceiptArrived(story.at, one, "failed", "30003", "off"))
    story.happens(e.ReceiptArrived(story.at, two, "delivered"))
    story.timer("report")
    assert story.notes() == []


def test_solved_is_the_holder_while_the_grace_runs() -> None:
    assert isinstance(asked(KEPT).conversation.holder, Solved)
