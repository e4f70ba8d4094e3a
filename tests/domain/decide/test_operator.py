"""An operator's order to hand over, at each holder."""

from __future__ import annotations

from connector.domain.conversation import HandingOff
from connector.domain.effects import Summarise
from connector.domain.events import HandoffOrdered
from connector.domain.handoff.base import Trigger
from connector.domain.ids import EpisodeId
from tests.domain.decide.given import Story


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
