"""Rows: what leaves when a channel takes free text no more (63016), and how it leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.domain import events as e
from connector.domain.conversation import Delivery
from connector.domain.effects import AddComment, SendText
from connector.domain.ids import ExternalId
from connector.domain.policy import Policy
from connector.domain.window import Window
from tests.domain.decide.given import POLICY, Story

DAY = 24 * 3600


def windowed() -> Policy:
    window = Window(timedelta(hours=24), 100)
    return replace(POLICY, window=lambda _: window)


def sent(story: Story) -> list[SendText]:
    return [x for x in story.calls() if isinstance(x, SendText)]


@pytest.mark.parametrize(("later", "pieces"), [(60, 1), (DAY + 60, 3)])
def test_what_is_to_go_in_templates_is_cut_to_their_size(later: float, pieces: int) -> None:
    story = Story(windowed()).with_agent()
    text = "word " * 45
    story.later(later).reads(story.comment(text))
    assert len(sent(story)) == pieces
    said = " ".join(x.text for x in sent(story)).split()
    assert [word for word in said if word == "word"] == ["word"] * 45


def refused(story: Story, code: str = "63016") -> None:
    """Twilio took it and reports later that WhatsApp did not."""
    message = story.conversation.messages[-1]
    story.happens(e.MessageSent(story.at, message.id, ExternalId("SMout")))
    story.happens(e.ReceiptArrived(story.at, ExternalId("SMout"), "failed", code, "closed"))


@pytest.mark.parametrize("code", ["63016", "131047"])
def test_an_agents_words_that_met_a_closed_window_go_once_more_in_a_template(code: str) -> None:
    story = Story(windowed()).with_agent()
    story.later(DAY - 1).reads(story.comment("Hello"))
    (first,) = sent(story)
    refused(story, code)
    (again,) = sent(story)
    assert (again.text, first.window_closed, again.window_closed) == (first.text, False, True)
    assert again.key != first.key
    message = story.conversation.messages[-1]
    assert message.delivery is Delivery.QUEUED
    story.happens(e.MessageSent(story.at, message.id, ExternalId("SMagain")))
    story.happens(e.ReceiptArrived(story.at, ExternalId("SMagain"), "failed", code, "closed"))
    assert sent(story) == []  # once
    assert story.conversation.messages[-1].delivery is Delivery.FAILED
    story.timer("report")
    assert [type(x) for x in story.calls()] == [AddComment]


@pytest.mark.parametrize("why", ["no template", "too long", "opted out", "another code"])
def test_where_no_template_can_carry_it_the_ticket_says_so(why: str) -> None:
    """A42."""
    story = Story(POLICY if why == "no template" else windowed()).with_agent()
    story.reads(story.comment("word " * 30 if why == "too long" else "Hello"))
    if why == "opted out":
        story.consents("stop", "STOP")
    refused(story, "63003" if why == "another code" else "63016")
    assert sent(story) == []
    assert story.conversation.untold


def test_the_bots_words_do_not_come_back() -> None:
    """Promise 3: a person may have the conversation by now."""
    story = Story(windowed()).talks("Where is it?", "On its way.")
    refused(story)
    assert sent(story) == []
    assert story.conversation.messages[-1].delivery is Delivery.FAILED
