"""Rows: mirroring, and how an agent's stretch ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain import events as e
from connector.domain.conversation import Author, Delivery, Ended, Outcome, WithAgent, WithBot
from connector.domain.effects import AddComment, AskBot, ReadTicket, SendText
from connector.domain.ids import TicketId
from connector.domain.tickets import TicketStatus
from tests.domain.decide.given import PLEA, REQUESTER, TICKET, Story


def sent(story: Story) -> list[str]:
    return [x.text for x in story.calls() if isinstance(x, SendText)]


def ended(story: Story) -> Outcome | None:
    holder = story.conversation.holder
    return holder.outcome if isinstance(holder, Ended) else None


def notes(story: Story) -> list[str]:
    return [x.draft.html for x in story.calls() if isinstance(x, AddComment) and not x.draft.public]


def test_the_customers_messages_become_comments_by_the_requester() -> None:
    story = Story().with_agent()
    story.says("Are you there?")
    (comment,) = story.calls()
    assert isinstance(comment, AddComment)
    assert (comment.draft.public, comment.draft.author) == (True, REQUESTER)
    assert "Are you there?" in comment.draft.html


def test_the_customers_reply_makes_a_ticket_that_waits_open_once() -> None:
    """Pending and on hold: Zendesk does it by itself only where the requester writes there."""

    def reopens() -> list[bool]:
        return [x.draft.reopen for x in story.calls() if isinstance(x, AddComment)]

    story = Story().with_agent()
    story.says("One")
    assert reopens() == [False]
    story.reads(waiting=True)
    story.says("Two")
    assert reopens() == [True]
    story.says("Three")
    assert reopens() == [False]
    # A reading from before the reopening says nothing of now.
    story.reads(waiting=True)
    story.says("Four")
    assert reopens() == [False]
    story.done()
    story.reads()
    story.says("Five")
    assert reopens() == [False]
    story.reads(waiting=True)  # the agent waits again
    story.says("Six")
    assert reopens() == [True]


def test_the_bot_is_silent_even_when_the_customer_pleads_or_a_timer_fires() -> None:
    story = Story().with_agent()
    for event in ("says", "quiet"):
        story.says(PLEA) if event == "says" else story.quiet()
        assert not [x for x in story.calls() if isinstance(x, AskBot)]


@pytest.mark.parametrize(
    "flags",
    [
        {"public": False},
        {"by_agent": False},
        {"ours": True},
        {"automatic": True},
        {"text": ""},
    ],
    ids=str,
)
def test_a35_a37_what_is_not_an_agents_public_comment_never_goes_out(
    flags: dict[str, object],
) -> None:
    story = Story().with_agent()
    story.changed()
    story.reads(replace(story.comment("secret"), **flags))  # type: ignore[arg-type]
    assert sent(story) == []


def test_a36_two_quick_comments_go_out_both_in_order_once() -> None:
    story = Story().with_agent()
    first, second = story.comment("One moment"), story.comment("Found it")
    story.changed()
    story.reads(first, second)
    assert sent(story) == ["Ana: One moment", "Ana: Found it"]
    story.changed()
    story.reads(first, second)
    assert sent(story) == []


def test_a36_comment_and_solve_in_one_update_the_comment_goes_first() -> None:
    story = Story().with_agent()
    story.changed()
    story.reads(story.comment("It was returned"), status=TicketStatus.SOLVED)
    assert sent(story) == ["Ana: It was returned", "<solved:en>"]
    assert story.conversation.holder == Ended(Outcome.AGENT_RESOLVED)


def test_a_note_that_is_made_public_later_is_still_not_sent_twice_nor_lost_comments() -> None:
    """Two comments within the same second, the second listed late, are both taken."""
    story = Story().with_agent()
    first = story.comment("One")
    late = story.comment("Two", at=first.at)
    story.reads(first)
    assert sent(story) == ["Ana: One"]
    story.reads(first, late)
    assert sent(story) == ["Ana: Two"]


def test_a45_a_reply_before_anyone_is_assigned_counts_as_taking_over() -> None:
    story = Story().with_agent()
    holder = story.conversation.holder
    assert isinstance(holder, WithAgent)
    assert holder.taken_over_at is None
    story.reads(story.comment("Hello, this is Ana"))
    holder = story.conversation.holder
    assert isinstance(holder, WithAgent)
    assert holder.taken_over_at == story.at


def test_a_change_during_a_reading_is_read_once_more_and_no_more() -> None:
    story = Story().with_agent()
    for _ in range(3):
        story.changed()
    reads = [x for x in story.effects if isinstance(x, ReadTicket)]
    assert len(reads) == 2  # the first when the ticket opened, one now
    story.reads()
    assert [type(x) for x in story.calls()] == [ReadTicket]
    story.reads()
    assert story.calls() == []
    keys = [x.key for x in story.effects if isinstance(x, ReadTicket)]
    assert len(set(keys)) == len(keys) == 3


def test_after_the_solve_the_bot_answers_and_knows_what_the_agent_resolved() -> None:
    story = Story().with_agent()
    story.reads(story.comment("We refunded order 4711"), status=TicketStatus.SOLVED)
    assert story.last is not None
    assert [x.outcome for x in story.last.ended] == [Outcome.AGENT_RESOLVED]
    story.later(60).says("When will the refund be there?")
    assert isinstance(story.conversation.holder, WithBot)
    assert story.conversation.episode.number == 2
    story.quiet()
    (ask,) = story.calls()
    assert isinstance(ask, AskBot)
    assert "We refunded order 4711" in ask.request.lesson


def test_a22_anger_from_before_the_handoff_does_not_count_after_it() -> None:
    story = Story()
    for text in ("This is ridiculous!", "You are useless, this is a joke"):
        story.says(text)
    story.says(PLEA)
    story.summarised()
    story.opened()
    story.reads(status=TicketStatus.SOLVED)
    story.says("What are your opening hours?")
    assert isinstance(story.conversation.holder, WithBot)


def test_an_agent_who_writes_on_the_solved_ticket_is_still_heard() -> None:
    story = Story().with_agent()
    story.reads(status=TicketStatus.SOLVED)
    story.changed()
    story.reads(story.comment("One more thing"))
    assert sent(story) == ["Ana: One more thing"]
    assert isinstance(story.conversation.holder, WithAgent)
    assert story.conversation.episode.outcome is None
    story.reads(status=TicketStatus.SOLVED)
    assert ended(story) is Outcome.AGENT_RESOLVED


def test_an_agent_on_the_old_ticket_takes_the_new_episode_from_the_bot() -> None:
    story = Story().with_agent()
    story.reads(status=TicketStatus.SOLVED)
    story.says("Hello again, one question")
    story.quiet()
    story.changed()
    story.reads(story.comment("I saw your message"))
    assert isinstance(story.conversation.holder, WithAgent)
    story.bot("a late draft")
    assert sent(story) == []


def test_a_ticket_that_takes_no_more_comments_gives_the_message_to_the_bot() -> None:
    story = Story().with_agent()
    story.says("Are you there?")
    (order,) = story.calls()
    assert isinstance(order, AddComment)
    refusal = e.CommentRefused(story.at, order.key, TICKET, "closed", "closed", order.message)
    story.happens(refusal)
    assert [type(x) for x in story.calls()] == [ReadTicket]  # closed, or closed by a merge?
    story.reads(status=TicketStatus.CLOSED)
    assert isinstance(story.conversation.holder, WithBot)
    assert [m.text for m in story.conversation.messages] == ["Are you there?"]
    assert story.last is not None
    assert [x.outcome for x in story.last.ended] == [Outcome.AGENT_RESOLVED]
    story.quiet()
    assert [type(x) for x in story.calls()] == [AskBot]


def test_a_comment_refused_for_its_author_stands_in_the_ticket_as_a_note() -> None:
    story = Story().with_agent()
    story.says("Are you there?")
    (order,) = story.calls()
    assert isinstance(order, AddComment)
    story.happens(
        e.CommentRefused(story.at, order.key, TICKET, "422", "author suspended", order.message)
    )
    (note,) = notes(story)
    assert "Are you there?" in note
    assert "author suspended" in note


def test_a_deleted_ticket_releases_the_conversation() -> None:
    story = Story().with_agent()
    story.happens(e.TicketGone(story.at, TICKET, "deleted"))
    assert story.conversation.holder == Ended(Outcome.RELEASED)


def test_another_ticket_is_none_of_ours() -> None:
    story = Story().with_agent()
    story.happens(e.TicketChanged(story.at, TicketId("999")))
    assert story.calls() == []


@pytest.mark.parametrize(
    ("event", "delivery", "words"),
    [
        ("failed", Delivery.FAILED, "did not reach"),
        ("unknown", Delivery.UNKNOWN, "not certain"),
    ],
)
def test_what_did_not_arrive_stands_in_the_ticket(
    event: str, delivery: Delivery, words: str
) -> None:
    story = Story().with_agent()
    story.reads(story.comment("Hello, this is Ana"))
    message = story.conversation.messages[-1]
    if event == "failed":
        story.happens(e.DeliveryFailed(story.at, message.id, "30003", "the phone is off"))
    else:
        story.happens(e.DeliveryUnknown(story.at, message.id, "the answer was lost"))
    story.timer("report")
    (note,) = notes(story)
    assert words in note
    assert "Hello, this is Ana" in note
    changed = story.conversation.find(message.id)
    assert changed is not None
    assert changed.delivery is delivery
    assert changed.author is Author.AGENT
