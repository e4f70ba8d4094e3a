"""Rows: a merged ticket's conversation goes on in the target (A51)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.domain import events as e
from connector.domain.conversation import Ended, Outcome, WithAgent
from connector.domain.effects import AddComment, ReadTicket
from connector.domain.ids import TicketId
from connector.domain.tickets import Changes, Comment, TicketStatus
from tests.domain.decide.given import TICKET, Story
from tests.domain.decide.test_solved import PATIENT, outcomes, solved

TARGET = TicketId("77")
CLOSED, OPEN = TicketStatus.CLOSED, TicketStatus.OPEN


def merges(story: Story, *comments: Comment) -> None:
    story.changed()
    story.reads(*comments, status=CLOSED, merged_into=TARGET, merged_at=story.at)


def target(story: Story, *comments: Comment, status: TicketStatus = OPEN) -> None:
    story.happens(e.TicketRead(story.at, Changes(TARGET, status, comments)))


def test_a51_the_link_moves_and_the_bot_stays_silent() -> None:
    story = Story(PATIENT).with_agent()
    merges(story, story.comment("closed and merged", automatic=True))
    assert story.sent() == []
    assert outcomes(story) == []
    assert isinstance(story.conversation.holder, WithAgent)
    assert story.conversation.episode.ticket == TARGET
    note, read = story.calls()[::-1][0], next(x for x in story.calls() if isinstance(x, ReadTicket))
    assert read.ticket == TARGET
    assert isinstance(note, AddComment)
    assert note.draft.ticket == TARGET
    story.says("Are you there?")
    (order,) = story.calls()
    assert isinstance(order, AddComment)
    assert (order.draft.ticket, order.draft.public) == (TARGET, True)


def test_a51_what_stood_in_the_target_before_is_not_texted_what_comes_after_is() -> None:
    story = Story(PATIENT).with_agent()
    merges(story)
    old = story.comment("For somebody else", at=story.at - timedelta(seconds=1))
    merge = story.comment("was merged into this request", automatic=True, at=story.at)
    new = story.comment("Hello from the target")
    target(story, old, merge, new)
    assert story.sent() == ["Ana: Hello from the target"]
    story.happens(e.TicketChanged(story.at, TARGET))
    target(story, old, merge, new, story.comment("And more"))
    assert story.sent() == ["Ana: And more"]


def test_a51_what_the_closed_ticket_refused_stands_in_the_target() -> None:
    story = Story(PATIENT).with_agent()
    story.says("Did you see this?")
    (order,) = story.calls()
    assert isinstance(order, AddComment)
    story.happens(e.CommentRefused(story.at, order.key, TICKET, "closed", "x", order.message))
    story.reads(status=CLOSED, merged_into=TARGET, merged_at=story.at)
    placed = [x.draft for x in story.calls() if isinstance(x, AddComment) and x.draft.public]
    assert [(d.ticket, "Did you see this?" in d.html) for d in placed] == [(TARGET, True)]


def test_a51_also_when_the_refusal_comes_after_the_move() -> None:
    story = Story(PATIENT).with_agent()
    story.says("Did you see this?")
    (order,) = story.calls()
    assert isinstance(order, AddComment)
    merges(story)
    story.happens(e.CommentRefused(story.at, order.key, TICKET, "closed", "x", order.message))
    (placed,) = story.calls()
    assert isinstance(placed, AddComment)
    assert placed.draft.ticket == TARGET
    assert placed.key != order.key


def test_a51_after_the_solve_too() -> None:
    story = solved()
    merges(story)
    assert story.sent() == []
    target(story)
    assert isinstance(story.conversation.holder, WithAgent)
    story = solved()
    merges(story)
    target(story, status=TicketStatus.SOLVED)
    story.later(600).timer("grace")
    assert outcomes(story) == [Outcome.AGENT_RESOLVED]


def test_a51_a_past_ticket_moves_as_well_and_its_agents_are_heard() -> None:
    story = solved()
    story.later(600).timer("grace")
    story.says("A new question")
    merges(story)
    target(story, story.comment("I saw your message"))
    assert story.sent() == ["Ana: I saw your message"]
    assert isinstance(story.conversation.holder, WithAgent)


@pytest.mark.parametrize("gone", [True, False])
def test_a52_a_target_that_is_closed_or_deleted_ends_it(gone: bool) -> None:
    story = Story(PATIENT).with_agent()
    merges(story)
    if gone:
        story.happens(e.TicketGone(story.at, TARGET, "deleted"))
    else:
        target(story, status=CLOSED)
    outcome = Outcome.RELEASED if gone else Outcome.AGENT_RESOLVED
    assert story.conversation.holder == Ended(outcome)
