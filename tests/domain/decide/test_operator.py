"""An operator's orders, at each holder: hand over, give back to the bot, send again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from connector.domain.conversation import (
    Delivery,
    Ended,
    HandingOff,
    Outcome,
    WithAgent,
    WithBot,
)
from connector.domain.effects import AskBot, RemoveTags, SendText, Summarise
from connector.domain.events import (
    DeliveryFailed,
    HandBackOrdered,
    HandoffOrdered,
    Order,
    ResendOrdered,
)
from connector.domain.handoff.base import Trigger
from connector.domain.ids import EpisodeId
from tests.domain.decide.given import PLEA, POLICY, Story


def order(story: Story, episode: str = "") -> None:
    wanted = EpisodeId(episode) if episode else story.conversation.episode.id
    story.happens(HandoffOrdered(story.at, wanted, "ana"))


def test_the_bot_hands_over_with_the_operators_name_as_evidence() -> None:
    story = Story().talks("Where is it?", "On its way.")
    order(story)
    holder = story.conversation.holder
    assert isinstance(holder, HandingOff)
    assert story.conversation.episode.trigger is Trigger.OPERATOR
    (proof,) = holder.decided.evidence
    assert (proof.quote, proof.detail) == ("Where is it?", "ordered by ana on the dashboard")
    assert holder.decided.source == "operator"
    assert any(isinstance(x, Summarise) for x in story.calls())
    assert story.last is not None
    assert [c.trigger for c in story.last.considered] == [Trigger.OPERATOR]


def test_an_answer_under_way_is_not_sent_after_it() -> None:
    story = Story()
    story.says("Where is it?")
    story.quiet()
    order(story)
    before = len(story.conversation.messages)
    story.bot("On its way.")
    assert len(story.conversation.messages) == before


def test_an_order_for_an_episode_that_is_over_comes_too_late() -> None:
    story = Story().talks("Where is it?", "On its way.")
    old = story.conversation.episode.id
    story.later(25 * 3600).timer("idle")
    story.says("And now?")
    before = story.conversation
    order(story, old)
    assert story.conversation == before


def test_who_has_a_person_gets_no_second_one() -> None:
    for story in (Story().with_agent(), Story()):
        story.says("I want to talk to a human please")
        before = story.conversation
        order(story)
        assert story.conversation == before
        assert story.last is not None
        assert story.last.effects == ()


def orders(story: Story, kind: type[Order]) -> None:
    story.happens(kind(story.at, story.conversation.episode.id, "<ana>"))


def not_delivered(story: Story) -> None:
    last = story.conversation.messages[-1]
    story.happens(DeliveryFailed(story.at, last.id, "30003", "unreachable"))


def test_given_back_the_bot_answers_what_nobody_has_and_the_ticket_says_who_did_it() -> None:
    story = Story().with_agent()
    story.later(60).says("And my refund?")
    before = story.conversation.episode
    orders(story, HandBackOrdered)
    assert [x.outcome for x in story.last.ended] == [Outcome.HANDED_BACK]  # type: ignore[union-attr]
    assert any("Given back to the bot</b> by &lt;ana&gt;" in x for x in story.notes())
    assert not [x for x in story.calls() if isinstance(x, RemoveTags)]
    now = story.conversation
    assert isinstance(now.holder, WithBot)
    assert (now.episode.number, now.episode.came_back) == (before.number + 1, None)
    story.quiet()
    (asked,) = [x for x in story.calls() if isinstance(x, AskBot)]
    assert asked.request.lines[-1].text == "And my refund?"


def test_given_back_with_nothing_open_it_is_over_and_the_next_message_is_the_bots() -> None:
    story = Story().with_agent()
    story.reads(story.comment("It is on its way."), tags=("bot_pause",))
    orders(story, HandBackOrdered)
    assert story.conversation.holder == Ended(Outcome.HANDED_BACK)
    assert [x.tags for x in story.calls() if isinstance(x, RemoveTags)] == [("bot_pause",)]
    before = story.conversation
    orders(story, HandBackOrdered)
    assert story.conversation == before
    assert story.last is not None
    assert story.last.effects == ()


def test_solved_and_given_back_the_grace_is_over() -> None:
    story = Story(replace(POLICY, grace=timedelta(minutes=10))).with_agent()
    story.solves(story.comment("It is on its way."))
    assert "grace" in story.timers()
    orders(story, HandBackOrdered)
    assert story.conversation.holder == Ended(Outcome.AGENT_RESOLVED)
    assert "grace" not in story.timers()


def test_nobody_gives_back_what_the_bot_has_or_what_is_just_being_handed_over() -> None:
    being = Story()
    being.says(PLEA)
    for story in (Story().talks("Where is it?", "On its way."), being):
        before = story.conversation
        for kind in (HandBackOrdered, ResendOrdered):
            orders(story, kind)
            assert story.conversation == before
            assert story.calls() == []


def test_what_an_agent_wrote_and_did_not_arrive_is_sent_again_by_order() -> None:
    story = Story().with_agent()
    story.reads(story.comment("It is on its way."))
    not_delivered(story)
    for number in (1, 2):
        orders(story, ResendOrdered)
        assert story.sent() == ["Ana: It is on its way."]
        (said,) = story.notes()
        assert said == "<p>Sending again, as &lt;ana&gt; ordered on the dashboard: 1 message.</p>"
        assert story.conversation.messages[-1].resends == number
        not_delivered(story)
    orders(story, HandBackOrdered)
    assert isinstance(story.conversation.holder, Ended)
    orders(story, ResendOrdered)  # of what is over, too
    assert story.sent() == ["Ana: It is on its way."]
    story.consents("stop", "STOP")
    orders(story, ResendOrdered)
    assert story.sent() == []


def test_the_bots_words_are_sent_again_while_it_has_the_customer_and_never_after() -> None:
    story = Story().talks("Where is it?", "On its way.")
    not_delivered(story)
    orders(story, ResendOrdered)
    (again,) = [x for x in story.calls() if isinstance(x, SendText)]
    assert again.text.endswith("On its way.")
    not_delivered(story)
    story.says(PLEA)
    orders(story, ResendOrdered)
    assert story.sent() == []
    story.summarised()
    story.opened()
    assert isinstance(story.conversation.holder, WithAgent)
    orders(story, ResendOrdered)
    assert story.sent() == []
    assert story.conversation.messages[1].delivery is Delivery.FAILED
