"""What reports tell of an episode: topic, times, reopened, came back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.domain.conversation import Outcome, WithAgent
from connector.domain.events import Summarised
from connector.domain.ids import EpisodeId
from connector.domain.tickets import TicketStatus
from connector.domain.turns import BotDecision
from tests.domain.decide.given import PLEA, POLICY, SUMMARY, T0, Story

TOLD = replace(SUMMARY, topic="late delivery")


def test_the_topic_is_the_summarys_whenever_it_comes_and_of_this_episode_alone() -> None:
    early, late = Story(), Story()
    for story in (early, late):
        story.says(PLEA)
    ours = early.conversation.episode.id
    early.happens(Summarised(T0, ours, TOLD))
    late.timer("summary")
    late.opened()
    late.happens(Summarised(T0, EpisodeId("another"), TOLD))
    assert late.conversation.episode.topic is None
    late.happens(Summarised(T0, ours, TOLD))
    late.summarised()  # a summary without one takes none away
    assert isinstance(late.conversation.holder, WithAgent)
    for story in (early, late):
        assert story.conversation.episode.topic == "late delivery"


def test_when_the_ticket_was_there_and_when_an_agent_first_wrote() -> None:
    story = Story()
    story.says(PLEA)
    story.later(3).summarised()
    story.later(2).opened()
    assert story.conversation.episode.ticket_at == T0 + timedelta(seconds=5)
    story.later(60).reads(story.comment("Hello"))
    story.later(60).reads(story.comment("It is on its way"))
    assert story.conversation.episode.replied_at == T0 + timedelta(seconds=65)


def test_each_reopening_is_counted_and_thanks_is_none() -> None:
    story = Story(replace(POLICY, grace=timedelta(minutes=10))).with_agent()
    for number in (1, 2):
        story.solves(story.comment("Done"))
        story.says("Thanks!")
        assert story.conversation.episode.reopened == number - 1
        story.says("No, it is still broken, look again")
        assert story.conversation.episode.reopened == number
        story.done()
    story.solves(story.comment("Done"))
    story.reads(status=TicketStatus.OPEN)  # by an agent
    assert story.conversation.episode.reopened == 3


@pytest.mark.parametrize(("hours", "came"), [(1, Outcome.BOT_RESOLVED), (25, None)])
def test_who_writes_again_within_a_day_came_back(hours: int, came: Outcome | None) -> None:
    story = Story()
    story.says("Where is it?")
    story.quiet()
    story.bot("On its way.", BotDecision.RESOLVED)
    story.later(3600).timer("settle")
    assert story.conversation.episode.outcome is Outcome.BOT_RESOLVED
    story.later(hours * 3600).says("It is not here")
    assert story.conversation.episode.came_back is came
