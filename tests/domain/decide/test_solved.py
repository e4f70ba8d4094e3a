"""Rows: what a solve means, by what happens after it (A48, A49, A52, A53)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.domain import events as e
from connector.domain.conversation import Ended, Media, Outcome, Solved, WithAgent, WithBot
from connector.domain.effects import AddComment, AskBot, RemoveTags, SendText
from connector.domain.ids import ExternalId, TicketId
from connector.domain.policy import Policy
from connector.domain.tickets import Changes, TicketStatus
from tests.domain.decide.given import POLICY, TICKET, Story

GRACE = timedelta(minutes=10)
PATIENT = replace(POLICY, grace=GRACE)
SOLVED, OPEN, CLOSED = TicketStatus.SOLVED, TicketStatus.OPEN, TicketStatus.CLOSED


def solved(policy: Policy = PATIENT, **more: object) -> Story:
    """An agent has answered and solved; the customer has been told."""
    story = Story(policy).with_agent()
    story.reads(story.comment("It was returned"))
    story.solves(**more)
    return story


def outcomes(story: Story) -> list[Outcome | None]:
    assert story.last is not None
    return [x.outcome for x in story.last.ended]


def test_a48_solved_is_told_at_once_and_the_episode_waits_for_the_grace() -> None:
    story = solved()
    assert story.sent() == ["<solved:en>"]
    holder = story.conversation.holder
    assert isinstance(holder, Solved)
    assert holder.until == story.at + GRACE == story.timers()["grace"]
    assert outcomes(story) == []


def test_a48_without_a_grace_the_bot_resumes_at_once() -> None:
    story = solved(POLICY)
    assert story.conversation.holder == Ended(Outcome.AGENT_RESOLVED)
    assert outcomes(story) == [Outcome.AGENT_RESOLVED]
    story.says("Where is my other parcel?")
    assert isinstance(story.conversation.holder, WithBot)


@pytest.mark.parametrize("early", [True, False])
def test_a48_the_grace_ends_the_episode_once(early: bool) -> None:
    story = solved()
    story.later(599 if early else 600).timer("grace")
    assert outcomes(story) == ([] if early else [Outcome.AGENT_RESOLVED])
    assert isinstance(story.conversation.holder, Solved if early else Ended)


def test_a48_thanks_does_not_reopen_but_stands_in_the_ticket() -> None:
    story = solved()
    story.says("Thank you so much! 🙏")
    (note,) = story.notes()
    assert "Thank you so much!" in note
    (order,) = story.calls()
    assert isinstance(order, AddComment)
    assert not order.draft.reopen
    assert isinstance(story.conversation.holder, Solved)
    story.says("Thanks", media=(Media("http://x/1", "image/png"),))
    assert isinstance(story.conversation.holder, WithAgent)  # a picture is more than thanks


def test_a49_a_real_reply_within_the_grace_reopens_the_same_ticket() -> None:
    story = solved()
    story.later(599).says("It still does not work")
    (order,) = story.calls()
    assert isinstance(order, AddComment)
    assert (order.draft.ticket, order.draft.public, order.draft.reopen) == (TICKET, True, True)
    assert isinstance(story.conversation.holder, WithAgent)
    assert story.conversation.episode.number == 1
    assert "grace" not in story.timers()


def test_a49_a_reading_from_before_the_reopening_does_not_solve_it_again() -> None:
    story = solved()
    story.changed()  # a reading is under way
    story.says("It still does not work")
    story.solves()
    assert story.sent() == []
    assert isinstance(story.conversation.holder, WithAgent)
    story.changed()
    story.done()  # reopened now; the reading under way began before
    story.solves()
    assert isinstance(story.conversation.holder, WithAgent)
    story.reads()  # this one began after
    story.changed()
    story.solves()
    assert story.sent() == ["<solved:en>"]


def test_a49_after_the_grace_it_is_the_bots_also_when_the_timer_is_late() -> None:
    story = solved()
    story.later(600).says("When do you open?")
    assert outcomes(story) == [Outcome.AGENT_RESOLVED]
    assert isinstance(story.conversation.holder, WithBot)
    assert story.conversation.episode.number == 2
    story.quiet()
    (ask,) = [x for x in story.calls() if isinstance(x, AskBot)]
    assert "It was returned" in ask.request.lesson


@pytest.mark.parametrize(
    ("status", "holder"),
    [(OPEN, WithAgent), (SOLVED, Solved), (CLOSED, Ended)],
)
def test_what_the_ticket_says_after_the_solve(status: TicketStatus, holder: type) -> None:
    story = solved()
    story.changed()
    story.reads(status=status)
    assert isinstance(story.conversation.holder, holder)
    assert story.sent() == []
    assert ("grace" in story.timers()) == (holder is Solved)


def test_an_agents_comment_after_the_solve_still_goes_out() -> None:
    story = solved()
    story.changed()
    story.solves(story.comment("One more thing"))
    assert story.sent() == ["Ana: One more thing"]
    assert isinstance(story.conversation.holder, Solved)


def test_a52_a_ticket_deleted_after_the_solve_releases_the_conversation() -> None:
    story = solved()
    story.happens(e.TicketGone(story.at, TICKET, "deleted"))
    assert story.conversation.holder == Ended(Outcome.RELEASED)
    assert outcomes(story) == [Outcome.RELEASED]


def test_a_reply_that_the_ticket_no_longer_takes_is_the_bots() -> None:
    story = solved()
    story.says("It still does not work")
    (order,) = story.calls()
    assert isinstance(order, AddComment)
    story.happens(e.CommentRefused(story.at, order.key, TICKET, "closed", "x", order.message))
    story.reads(status=CLOSED)  # may have begun before it was refused
    assert isinstance(story.conversation.holder, WithAgent)
    story.reads(status=CLOSED)
    assert outcomes(story) == [Outcome.AGENT_RESOLVED]
    assert isinstance(story.conversation.holder, WithBot)
    assert [m.text for m in story.conversation.messages] == ["It still does not work"]


# --- pausing: the bot stays out


def test_a_paused_ticket_keeps_the_customer_with_the_agents_however_late_they_write() -> None:
    story = solved(tags=("bot_pause",))
    assert "grace" not in story.timers()
    story.later(86_400).says("Hello again, a question")
    (order,) = [x for x in story.calls() if isinstance(x, AddComment)]
    assert order.draft.reopen
    assert isinstance(story.conversation.holder, WithAgent)


def test_when_the_pause_tag_is_taken_off_the_grace_begins() -> None:
    story = solved(tags=("bot_pause",))
    story.later(86_400).changed()
    story.solves()
    assert story.timers()["grace"] == story.at + GRACE
    story.later(1).changed()
    story.solves(tags=("bot_pause",))
    assert "grace" not in story.timers()


def test_a_paused_ticket_is_mirrored_as_ever_and_gets_no_waiting_notice() -> None:
    story = Story(replace(PATIENT, waiting_notice=timedelta(minutes=15))).with_agent()
    story.reads(story.comment("Hello"), tags=("bot_pause",))
    assert story.sent() == ["Ana: Hello"]
    story = Story(replace(PATIENT, waiting_notice=timedelta(minutes=15))).with_agent()
    story.reads(tags=("bot_pause",))
    story.later(900).timer("waiting")
    assert story.sent() == []


def test_the_pause_tag_takes_the_conversation_from_the_bot() -> None:
    story = solved(POLICY)
    story.says("Where is it?")
    story.changed()
    story.solves(tags=("bot_pause",))
    assert isinstance(story.conversation.holder, WithAgent)
    assert any("Where is it?" in note for note in story.notes())
    assert [x for x in story.calls() if isinstance(x, AddComment) and x.draft.reopen]
    story.quiet()
    assert story.calls() == []


# --- handing back


@pytest.mark.parametrize("with_tag", [("bot_resume",), ("vip", "bot_resume", "bot_pause")])
def test_a53_the_tag_hands_back_and_the_bot_knows_what_was_resolved(
    with_tag: tuple[str, ...],
) -> None:
    story = Story(PATIENT).with_agent()
    story.reads(story.comment("We refunded order 4711"), tags=with_tag)
    assert story.sent() == ["Ana: We refunded order 4711"]
    (untag,) = [x for x in story.calls() if isinstance(x, RemoveTags)]
    assert set(untag.tags) == set(with_tag) - {"vip"}
    assert outcomes(story) == [Outcome.HANDED_BACK]
    story.says("And when will it be there?")
    assert isinstance(story.conversation.holder, WithBot)
    story.quiet()
    (ask,) = [x for x in story.calls() if isinstance(x, AskBot)]
    assert "We refunded order 4711" in ask.request.lesson


def test_a53_what_the_customer_wrote_last_gets_its_answer_from_the_bot() -> None:
    story = Story(PATIENT).with_agent()
    story.reads(story.comment("We refunded it"))
    story.later(5).says("When do you open?")
    story.later(5).reads(tags=("bot_resume",))
    assert outcomes(story) == [Outcome.HANDED_BACK]
    assert isinstance(story.conversation.holder, WithBot)
    story.quiet()
    (ask,) = [x for x in story.calls() if isinstance(x, AskBot)]
    assert [x.text for x in ask.request.lines] == ["When do you open?"]


def test_a53_the_open_ticket_does_not_disturb_the_bot_until_an_agent_writes() -> None:
    story = Story(PATIENT).with_agent()
    story.reads(story.comment("We refunded it"), tags=("bot_resume",))
    story.says("When do you open?")
    story.quiet()
    story.done()  # the tag is off
    story.reads()
    assert story.calls() == []
    story.bot("At nine.")
    assert len(story.sent()) == 1
    story.changed()
    story.reads(story.comment("Wait, Ana again"))
    assert isinstance(story.conversation.holder, WithAgent)


def test_a53_solved_and_handed_back_by_one_macro_skips_the_grace() -> None:
    story = Story(PATIENT).with_agent()
    story.solves(story.comment("Done"), tags=("bot_resume",))
    assert story.sent() == ["Ana: Done", "<solved:en>"]
    assert story.conversation.holder == Ended(Outcome.AGENT_RESOLVED)


def test_a_tag_that_is_being_taken_off_is_not_obeyed_twice() -> None:
    story = Story(PATIENT).with_agent()
    story.reads(tags=("connector_resend",))
    assert [type(x) for x in story.calls()] == [RemoveTags, AddComment]
    story.changed()
    story.reads(tags=("connector_resend",))
    assert story.calls() == []
    story.done()
    story.reads()
    story.changed()
    story.reads(tags=("connector_resend",))
    assert RemoveTags in [type(x) for x in story.calls()]


# --- sending again


def test_resend_sends_what_an_agent_wrote_and_the_customer_did_not_get() -> None:
    story = Story(PATIENT).with_agent()
    story.reads(story.comment("One"), story.comment("Two"), story.comment("Three"))
    one, two, three = story.conversation.messages[-3:]
    story.happens(e.DeliveryFailed(story.at, one.id, "30003", "the phone is off"))
    story.happens(e.MessageSent(story.at, two.id, ExternalId("SM2")))
    story.happens(e.DeliveryUnknown(story.at, three.id, "the answer was lost"))
    story.reads(tags=("connector_resend",))
    sends = [x for x in story.calls() if isinstance(x, SendText)]
    assert [x.text for x in sends] == ["Ana: One", "Ana: Three"]
    assert len({x.key for x in story.effects if isinstance(x, SendText)}) == 1 + 3 + 2
    assert any("2 messages" in note for note in story.notes())
    story.happens(e.MessageSent(story.at, one.id, ExternalId("SM1b")))
    story.happens(e.ReceiptArrived(story.at, ExternalId("SM1b"), "delivered"))
    story.done().reads()
    story.changed()
    story.reads(tags=("connector_resend",))
    assert story.sent() == []  # Three is under way


def test_resend_after_stop_sends_nothing_and_says_why() -> None:
    story = Story(PATIENT).with_agent()
    story.consents("stop", "STOP")
    story.reads(story.comment("One"), tags=("connector_resend",))
    assert story.sent() == []
    assert any("opted out" in note for note in story.notes())
    story.consents("start", "START")
    story.done().reads(tags=("connector_resend",))
    assert story.sent() == ["Ana: One"]


def test_another_tickets_tags_are_none_of_ours() -> None:
    story = Story(PATIENT).with_agent()
    story.happens(e.TicketRead(story.at, Changes(TicketId("99"), OPEN, (), ("bot_resume",))))
    assert story.calls() == []
