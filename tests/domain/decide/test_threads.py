"""Rows: which of a provider's threads an answer goes to, and who has the customer in its inbox."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.effects import SendText, ShowHolder, Who
from connector.domain.events import HolderShown
from connector.domain.ids import TicketId
from connector.domain.tickets import TicketStatus
from tests.domain.decide.given import PLEA, TICKET, Story
from tests.domain.decide.test_solved import PATIENT

SHOWN = replace(PATIENT, shows_holder=True)


def threads(story: Story) -> list[str]:
    """Where the last event's texts go."""
    return [x.thread for x in story.calls() if isinstance(x, SendText)]


def shown(story: Story) -> list[tuple[str, Who, TicketId | None]]:
    """What all events so far had shown."""
    orders = [x for x in story.effects if isinstance(x, ShowHolder)]
    assert len({x.key for x in orders}) == len(orders)
    return [(x.thread, x.who, x.ticket) for x in orders]


def handed_over(thread: str = "524") -> Story:
    story = Story(SHOWN)
    story.says(PLEA, thread=thread)
    story.summarised()
    story.opened()
    return story


def test_an_answer_goes_to_the_thread_in_which_the_customer_wrote_last() -> None:
    story = Story(SHOWN)
    story.says("Where is my parcel?", thread="524")
    story.says("Hello?", thread="600")
    story.quiet()
    story.bot("It comes today.")
    assert threads(story) == ["600"]
    story.says("Thanks")  # a kind of message that names no thread
    story.quiet()
    story.bot("You are welcome.")
    assert threads(story) == ["600"]


def test_the_person_who_takes_over_is_shown_behind_the_word_to_the_customer() -> None:
    story = handed_over()
    assert shown(story) == [("524", Who.PERSON, TICKET)]
    kinds = [type(x) for x in story.calls() if isinstance(x, SendText | ShowHolder)]
    assert kinds == [SendText, ShowHolder]


def test_a_solve_is_shown_behind_the_closing_words_and_once() -> None:
    story = handed_over()
    story.solves()
    kinds = [type(x) for x in story.calls() if isinstance(x, SendText | ShowHolder)]
    assert kinds == [SendText, ShowHolder]
    story.later(600).timer("grace")
    assert shown(story)[1:] == [("524", Who.DONE, None)]


def test_a_reply_within_the_grace_is_the_persons_again() -> None:
    story = handed_over()
    story.solves()
    story.later(60).says("It is broken again", thread="524")
    assert shown(story)[2:] == [("524", Who.PERSON, TICKET)]


def test_a_customer_who_goes_on_in_another_thread_is_shown_with_the_same_person() -> None:
    story = handed_over()
    story.says("Are you there?", thread="524")
    story.says("And here?", thread="600")
    assert shown(story)[1:] == [("600", Who.PERSON, TICKET)]
    story.reads(story.comment("Yes"))
    assert threads(story) == ["600"]


def test_back_with_the_bot_is_shown() -> None:
    story = handed_over()
    story.reads(tags=frozenset({"bot_resume"}))
    assert shown(story)[1:] == [("524", Who.BOT, None)]
    story.done()
    story.later(5).says("And now?", thread="524")
    assert len(shown(story)) == 2


def test_after_a_solve_a_new_question_is_the_bots() -> None:
    story = handed_over()
    story.solves()
    story.later(600).timer("grace")
    story.later(5).says("Where is my other parcel?", thread="524")
    assert shown(story)[2:] == [("524", Who.BOT, None)]


def test_agents_who_reopen_and_solve_without_a_word_are_shown_each_time() -> None:
    story = handed_over()
    for status in (TicketStatus.SOLVED, TicketStatus.OPEN, TicketStatus.SOLVED):
        story.later(5).reads(status=status)
    assert [who for _, who, _ in shown(story)] == [Who.PERSON, Who.DONE, Who.PERSON, Who.DONE]


def test_nothing_is_shown_where_there_is_no_such_inbox_or_no_thread() -> None:
    quiet = Story(PATIENT)
    quiet.says(PLEA, thread="524")
    nowhere = Story(SHOWN)
    nowhere.says(PLEA)
    for story in (quiet, nowhere):
        story.summarised()
        story.opened()
        story.solves()
        assert shown(story) == []


def test_the_same_event_twice_gives_the_same_order() -> None:
    story = Story(SHOWN)
    story.says(PLEA, thread="524")
    story.summarised()
    before = story.conversation
    story.opened()
    (order,) = [x for x in story.effects if isinstance(x, ShowHolder)]
    again = Story(SHOWN, conversation=before, effects=list(story.effects))
    again.opened()
    assert order in again.calls()


def test_what_became_of_showing_it_changes_nothing() -> None:
    story = handed_over()
    before = story.conversation
    assert story.happens(HolderShown(story.at, "k", "no right")) == ()
    assert story.conversation == before
