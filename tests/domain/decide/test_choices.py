"""Answers to tap: offered with the offer of a person, and a tap counts like the same words written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.conversation import HandingOff, WithBot
from connector.domain.effects import SendText
from connector.domain.handoff.base import LANGUAGES, Trigger
from connector.domain.handoff.offer_accepted import ANSWERS, answers
from tests.domain.decide.given import POLICY, Story

OFFER = "I could not find that. Shall I hand you over to a person?"


def offered(story: Story, language: str | None = "en", text: str = OFFER) -> list[SendText]:
    story.says("Where is my parcel?")
    story.quiet()
    story.bot(text, offers_person=True, language=language)
    return [call for call in story.calls() if isinstance(call, SendText)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a17_a_tap_on_yes_hands_over_and_on_no_does_not(language: str) -> None:
    for place, holder in enumerate((HandingOff, WithBot)):
        story = Story()
        (sent,) = offered(story, language)
        assert sent.choices == ANSWERS[language]
        story.says(sent.choices[place])
        assert isinstance(story.conversation.holder, holder)
        if holder is HandingOff:
            assert story.conversation.holder.decided.trigger is Trigger.OFFER_ACCEPTED  # type: ignore[union-attr]


def test_every_language_has_answers_that_fit_on_a_button() -> None:
    assert set(ANSWERS) == set(LANGUAGES)
    assert all(0 < len(text) <= 20 for pair in ANSWERS.values() for text in pair)


@pytest.mark.parametrize(
    ("language", "shown"),
    [("pt-BR", "pt"), ("ES", "es"), ("en-GB", "en"), ("pl", None), (None, None), ("", None)],
)
def test_in_the_customers_language_or_not_at_all(language: str | None, shown: str | None) -> None:
    assert answers(language) == (ANSWERS[shown] if shown else ())


def test_they_stand_below_the_last_piece_of_a_long_text() -> None:
    story = Story(policy=replace(POLICY, max_text=40))
    pieces = offered(story)
    assert len(pieces) > 1
    assert [bool(piece.choices) for piece in pieces] == [False] * (len(pieces) - 1) + [True]


def test_without_an_offer_there_are_none_and_only_agents_are_persons() -> None:
    story = Story()
    story.says("Where is my parcel?")
    story.quiet()
    story.bot("It comes tomorrow. Anything else?", language="en")
    (answer,) = [call for call in story.calls() if isinstance(call, SendText)]
    assert (answer.choices, answer.by_agent) == ((), False)
    story.with_agent()
    story.reads(story.comment("Hello, Ana here."))
    (words,) = [call for call in story.calls() if isinstance(call, SendText)]
    assert (words.choices, words.by_agent) == ((), True)
    assert [c.by_agent for c in story.effects if isinstance(c, SendText)] == [False, False, True]
