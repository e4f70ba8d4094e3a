"""Rows: receipts in any order, and STOP in every state."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from connector.domain import events as e
from connector.domain.conversation import Author, Delivery, Ended, HandingOff, Outcome, WithAgent
from connector.domain.effects import AddComment, AskBot, Cancel, SendText
from connector.domain.ids import ExternalId
from tests.domain.decide.given import PLEA, POLICY, Story

SM = ExternalId("SMout")


def answer(story: Story) -> Delivery:
    found = next(m for m in story.conversation.messages if m.author is Author.BOT)
    return found.delivery


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "mine"])))
def test_receipts_in_any_order_also_before_our_own_call_has_its_answer(
    order: tuple[str, ...],
) -> None:
    story = Story().talks("Where is my parcel?", "On its way.")
    message = story.conversation.messages[-1]
    for each in order:
        if each == "mine":
            story.happens(e.MessageSent(story.at, message.id, SM))
        else:
            story.happens(e.ReceiptArrived(story.at, SM, each))
    assert answer(story) is Delivery.DELIVERED
    assert story.conversation.early_receipts == ()


def test_a_failure_by_receipt_that_overtook_the_answer_is_told_to_the_agent() -> None:
    story = Story().with_agent()
    story.reads(story.comment("Hello"))
    message = story.conversation.messages[-1]
    story.happens(e.ReceiptArrived(story.at, SM, "failed", "30005", "no such phone"))
    story.happens(e.MessageSent(story.at, message.id, SM))
    story.happens(e.ReceiptArrived(story.at, SM, "failed", "30005", "no such phone"))
    story.timer("report")
    assert [type(x) for x in story.calls()] == [AddComment]
    story.timer("report")
    assert story.calls() == []  # once


def test_a10_stop_ends_the_bots_episode_without_a_word() -> None:
    story = Story().talks("Where is my parcel?", "On its way.")
    story.consents("stop", "STOP")
    assert story.calls() == []
    assert story.conversation.holder == Ended(Outcome.OPTED_OUT)
    assert [type(x) for x in story.effects if isinstance(x, Cancel)]
    assert answer(story) is Delivery.CANCELLED


def test_a10_after_stop_the_bot_is_not_asked_and_start_restores_it() -> None:
    story = Story().talks("Where is my parcel?", "On its way.")
    story.consents("stop", "Stop.")
    story.says("hello?")
    story.quiet()
    assert story.calls() == []
    story.consents("start", "START")
    story.says("Where is it now?")
    story.quiet()
    assert [type(x) for x in story.calls()] == [AskBot]


def test_a10_the_agents_messages_are_suppressed_too_and_the_ticket_says_so() -> None:
    story = Story().with_agent()
    story.consents("stop", "STOP")
    (first,) = story.calls()[:1]
    assert isinstance(first, AddComment)
    assert "opted out" in first.draft.html
    story.reads(story.comment("Hello, this is Ana"))
    assert story.calls() == []
    story.timer("report")
    calls = story.calls()
    assert [type(x) for x in calls] == [AddComment]
    assert isinstance(calls[0], AddComment)
    assert not calls[0].draft.public
    assert "Hello, this is Ana" in calls[0].draft.html
    assert story.conversation.messages[-1].delivery is Delivery.SUPPRESSED
    story.consents("start", "START")
    story.reads(story.comment("Back again?"))
    assert [x.text for x in story.calls() if isinstance(x, SendText)] == ["Ana: Back again?"]


def test_a10_what_is_queued_when_stop_comes_is_withdrawn() -> None:
    story = Story().with_agent()
    story.reads(story.comment("Hello, this is Ana"))
    queued = story.conversation.messages[-1]
    story.consents("stop", "STOP")
    cancelled = [k for x in story.effects if isinstance(x, Cancel) for k in x.keys]
    assert f"{queued.id}:send" in cancelled


def test_a10_a_plea_while_opted_out_opens_a_ticket_that_says_so_and_promises_nothing() -> None:
    story = Story()
    story.consents("stop", "STOP")
    story.says(PLEA)
    assert isinstance(story.conversation.holder, HandingOff)
    story.summarised()
    story.opened()
    assert not [x for x in story.calls() if isinstance(x, SendText)]
    notes = [x.draft.html for x in story.calls() if isinstance(x, AddComment)]
    assert any("opted out" in n for n in notes)


@pytest.mark.parametrize("word", ["stop", "help", "start"])
def test_a11_consent_words_are_no_product_commands(word: str) -> None:
    story = Story()
    story.consents(word, word.upper())
    assert story.calls() == []
    assert not isinstance(story.conversation.holder, HandingOff | WithAgent)


def test_the_carriers_word_that_the_customer_opted_out_means_the_same() -> None:
    story = Story().with_agent()
    story.reads(story.comment("Hello"))
    message = story.conversation.messages[-1]
    story.happens(e.DeliveryFailed(story.at, message.id, "21610", "opted out"))
    assert story.conversation.opted_out
    story.timer("report")
    assert [type(x) for x in story.calls()] == [AddComment]


@pytest.mark.parametrize("begin", ["bot", "agent", "ended"])
def test_a10_yes_opts_in_who_has_opted_out(begin: str) -> None:
    """As Twilio does on most numbers: else the bot would be silent for ever."""
    story = Story()
    if begin == "agent":
        story.with_agent()
    elif begin == "bot":
        story.talks("Where is my parcel?", "On its way.")
    story.consents("stop", "STOP")
    story.consents("yes", "YES")
    assert not story.conversation.opted_out
    story.says("Where is my parcel?")
    if begin != "agent":
        story.quiet()
    assert story.calls()


def test_yes_of_anybody_else_is_what_they_say() -> None:
    story = Story().talks("Where is my parcel?", "Is it the red one?")
    story.consents("yes", "Yes")
    story.quiet()
    (asked,) = story.calls()
    assert isinstance(asked, AskBot)
    assert story.conversation.messages[-1].text == "Yes"


def test_a17_yes_to_the_offer_of_a_person_is_taken() -> None:
    story = Story()
    story.says("It is broken")
    story.quiet()
    story.bot("Shall a person help?", offers_person=True)
    story.consents("yes", "YES")
    assert isinstance(story.conversation.holder, HandingOff)


@pytest.mark.parametrize("begin", ["bot", "agent", "ended"])
def test_a11_where_no_carrier_answers_these_words_we_do(begin: str) -> None:
    story = Story(replace(POLICY, answers_consent=True))
    if begin == "agent":
        story.with_agent()
    elif begin == "bot":
        story.talks("Where is my parcel?", "On its way.")
    answers = []
    for word in ("help", "stop", "start"):
        story.consents(word, word.upper())
        answers += [x.text for x in story.calls() if isinstance(x, SendText)]
        for call in story.calls():
            if isinstance(call, SendText):
                story.happens(e.MessageSent(story.at, call.message, ExternalId(call.key)))
                story.happens(e.ReceiptArrived(story.at, ExternalId(call.key), "delivered"))
    assert [x.partition(":")[0] for x in answers] == ["<help", "<stopped", "<started"]


@pytest.mark.parametrize("word", ["help", "stop", "start"])
def test_a11_else_the_carrier_does(word: str) -> None:
    story = Story().talks("Where is my parcel?", "On its way.")
    story.consents(word, word.upper())
    assert not [x for x in story.calls() if isinstance(x, SendText)]
