"""Rows: what the bot's holder makes of each event."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain import events as e
from connector.domain.conversation import Author, Delivery, Ended, HandingOff, Outcome, WithBot
from connector.domain.effects import AskBot, Cancel, SendText, SetTimer, Summarise
from connector.domain.handoff.base import Trigger
from connector.domain.turns import BotDecision, BotTurn
from tests.domain.decide.given import PLEA, POLICY, Story


def test_a_message_waits_for_the_quiet_period_and_no_call_is_made() -> None:
    story = Story()
    story.says("Where is my parcel?")
    assert story.calls() == []
    timers = [x.name for x in story.effects if isinstance(x, SetTimer)]
    assert timers == ["quiet", "idle"]


def test_a06_five_texts_within_the_quiet_period_are_asked_once_and_all_together() -> None:
    story = Story()
    for text in ("Hi", "my order", "4711", "has not come", "where is it?"):
        story.later(0.4).says(text)
    story.quiet()
    (ask,) = story.calls()
    assert isinstance(ask, AskBot)
    assert [x.text for x in ask.request.lines if x.speaker == "customer"] == [
        "Hi", "my order", "4711", "has not come", "where is it?"
    ]  # fmt: skip
    assert ask.request.answered == 0
    story.bot("It is on its way.")
    assert len(story.calls()) == 1
    assert isinstance(story.conversation.holder, WithBot)
    assert story.conversation.holder.answered == 5


def test_a07_a_message_during_the_call_makes_the_draft_stale_twice_at_most() -> None:
    story = Story()
    story.says("Where is my parcel?")
    story.quiet()
    sent: list[list[str]] = []
    for text in ("Order 4711", "The blue one", "And when?"):
        story.says(text)
        story.quiet()  # asked already: nothing is asked twice at once
        assert story.calls() == []
        story.bot(f"draft before {text}")
        sent.append([type(x).__name__ for x in story.calls()])
    assert sent == [["AskBot"], ["AskBot"], ["SendText", "AskBot"]]
    (answer,) = [m for m in story.conversation.messages if m.author is Author.BOT]
    assert answer.text.endswith("draft before And when?")


def test_a_stale_draft_waits_while_the_customer_is_still_typing() -> None:
    story = Story()
    story.says("Where is my parcel?")
    story.quiet()
    story.says("It is order")
    story.bot("stale")
    assert story.calls() == []
    story.quiet()
    (ask,) = story.calls()
    assert isinstance(ask, AskBot)
    assert ask.request.lines[-1].text == "It is order"


def test_an_answer_to_a_draft_that_nobody_waits_for_is_nothing() -> None:
    story = Story().talks("Where is my parcel?", "On its way.")
    story.bot("again")
    assert story.calls() == []


def test_an_answer_to_an_older_draft_than_the_one_asked_for_is_nothing() -> None:
    handoff = replace(POLICY.handoff, bot_failure_after=None)
    story = Story(replace(POLICY, handoff=handoff))
    story.says("Where is my parcel?")
    story.quiet()
    story.bot_fails()
    story.later(60).timer("quiet")
    assert story.draft() == 2
    story.happens(e.BotAnswered(story.at, 1, BotTurn("too late", BotDecision.ANSWER)))
    assert story.calls() == []


def test_the_first_answer_says_that_it_is_automated_and_only_the_first() -> None:
    story = Story().talks("Where is my parcel?", "On its way.").talks("When?", "Tomorrow.")
    said = [m.text for m in story.conversation.messages if m.author is Author.BOT]
    assert said == ["<automated:-> On its way.", "Tomorrow."]


def test_a13_a_plea_is_handed_over_at_once_without_a_model_call() -> None:
    story = Story()
    story.says("Human please")
    assert [type(x) for x in story.calls()] == [Summarise]
    holder = story.conversation.holder
    assert isinstance(holder, HandingOff)
    assert holder.decided.trigger is Trigger.EXPLICIT_REQUEST
    assert story.conversation.episode.trigger is Trigger.EXPLICIT_REQUEST


def test_a19_two_triggers_at_once_are_one_handoff_and_both_are_kept() -> None:
    story = Story()
    story.says("I want to talk to a human about this chargeback")
    assert story.last is not None
    fired = [c.trigger for c in story.last.considered if c.fired]
    assert fired == [Trigger.EXPLICIT_REQUEST, Trigger.KEYWORDS]
    assert len(story.calls()) == 1


def test_what_the_bot_has_not_sent_yet_is_withdrawn_at_a_handoff() -> None:
    story = Story().talks("Where is my parcel?", "On its way.")
    story.says(PLEA)
    (cancel,) = [x for x in story.effects if isinstance(x, Cancel)]
    unsent = next(m for m in story.conversation.messages if m.author is Author.BOT)
    assert f"{unsent.id}:send" in cancel.keys
    assert unsent.delivery is Delivery.CANCELLED


def test_a_draft_that_comes_after_the_handoff_is_never_sent() -> None:
    story = Story()
    story.says("Where is my parcel?")
    story.quiet()
    story.says(PLEA)
    story.bot("Here I am again!")
    assert story.calls() == []


def test_the_model_asks_for_a_handoff_with_a_reason() -> None:
    story = Story()
    story.says("My parcel leaks something strange")
    story.quiet()
    story.bot(
        "I will get someone.",
        BotDecision.HAND_OFF,
        trigger="other",
        reason="needs an inspection",
        quote="leaks something strange",
    )
    assert [type(x) for x in story.calls()] == [Summarise]
    assert story.conversation.episode.trigger is Trigger.MODEL
    assert not [m for m in story.conversation.messages if m.author is Author.BOT]


def test_the_models_wish_counts_for_nothing_where_the_operator_switched_it_off() -> None:
    story = Story(replace(POLICY, handoff=replace(POLICY.handoff, model=False)))
    story.says("My parcel leaks something strange")
    story.quiet()
    story.bot("Oh dear.", BotDecision.HAND_OFF, trigger="other", reason="needs an inspection")
    assert [type(x) for x in story.calls()] == [SendText]


def test_a18_a_bot_that_fails_for_good_hands_over_and_is_not_asked_again() -> None:
    story = Story()
    story.says("Where is my parcel?")
    story.quiet()
    story.bot_fails("overloaded")
    assert [type(x) for x in story.calls()] == [Summarise]
    assert story.conversation.episode.trigger is Trigger.BOT_FAILURE
    story.bot_fails("overloaded")
    assert story.calls() == []


def test_a18_a_refusal_is_final_at_the_first_attempt() -> None:
    story = Story()
    story.says("Where is my parcel?")
    story.quiet()
    story.bot_fails("refusal", attempts=1)
    assert story.conversation.episode.trigger is Trigger.BOT_FAILURE


def test_with_bot_failure_switched_off_the_customer_is_answered_later() -> None:
    handoff = replace(POLICY.handoff, bot_failure_after=None)
    story = Story(replace(POLICY, handoff=handoff))
    story.says("Where is my parcel?")
    story.quiet()
    story.bot_fails()
    assert story.calls() == []
    story.later(60).timer("quiet")
    assert [type(x) for x in story.calls()] == [AskBot]


def test_the_cap_on_replies_hands_over() -> None:
    story = Story(replace(POLICY, bot_replies=1)).talks("Where is my parcel?", "On its way.")
    story.says("Which colour is the van?")
    story.quiet()
    story.bot("Blue.")
    assert story.conversation.episode.trigger is Trigger.NO_PROGRESS


@pytest.mark.parametrize(
    ("decision", "timer", "outcome"),
    [
        (BotDecision.RESOLVED, "settle", Outcome.BOT_RESOLVED),
        (BotDecision.RESOLVED, "idle", Outcome.BOT_RESOLVED),
        (BotDecision.ANSWER, "idle", Outcome.ABANDONED),
    ],
)
def test_an_episode_with_the_bot_ends_with_one_outcome(
    decision: BotDecision, timer: str, outcome: Outcome
) -> None:
    story = Story()
    story.says("Where is my parcel?")
    story.quiet()
    story.bot("On its way.", decision)
    story.later(600).timer(timer)
    assert story.conversation.holder == Ended(outcome)
    assert story.last is not None
    assert [x.outcome for x in story.last.ended] == [outcome]


def test_a_reply_after_resolved_goes_on_in_the_same_episode() -> None:
    story = Story()
    story.says("Where is my parcel?")
    story.quiet()
    story.bot("On its way.", BotDecision.RESOLVED)
    story.says("And how much was it?")
    story.quiet()
    story.bot("9 euros.")
    story.timer("settle")  # an old timer that was on its way
    assert isinstance(story.conversation.holder, WithBot)
    assert story.conversation.episode.number == 1


def test_the_customers_language_is_kept() -> None:
    story = Story()
    story.says("Wo ist mein Paket?")
    story.quiet()
    story.bot("Unterwegs.", language="de")
    assert story.conversation.language == "de"


def test_a_long_answer_is_cut_into_messages_in_order() -> None:
    story = Story(replace(POLICY, max_text=40))
    story.says("Tell me all about returns")
    story.quiet()
    story.bot("one two three four five six seven eight nine ten eleven twelve")
    sends = [x for x in story.calls() if isinstance(x, SendText)]
    assert all(len(x.text) <= 40 for x in sends)
    assert " ".join(x.text for x in sends).endswith("nine ten eleven twelve")
    assert len({x.key for x in sends}) == len(sends) == 2
