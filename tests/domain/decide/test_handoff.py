"""Rows: from the decision to hand over until the ticket exists, and what is said when."""

from __future__ import annotations

from connector.domain import events as e
from connector.domain.conversation import Author, HandingOff, WithAgent
from connector.domain.effects import AddComment, OpenTicket, ReadTicket, SendText, SetTimer
from tests.domain.decide.given import PLEA, REQUESTER, SUMMARY, T0, TICKET, Story


def said(story: Story) -> list[str]:
    return [m.text for m in story.conversation.messages if m.author is Author.CONNECTOR]


def test_the_ticket_is_ordered_with_the_summary_and_nothing_is_promised_yet() -> None:
    story = Story().talks("Where is my parcel?", "On its way.")
    story.says(PLEA)
    story.summarised()
    (order,) = story.calls()
    assert isinstance(order, OpenTicket)
    draft = order.draft
    assert draft.external_id == story.conversation.episode.id
    assert draft.subject == SUMMARY.subject
    assert draft.fields.custom == (("360004", "explicit_request"),)
    for part in ("To know where the parcel is", "[1]", "explicit_request", PLEA):
        assert part in draft.note_html
    assert said(story) == []


def test_the_customer_is_told_when_the_ticket_exists_and_not_before() -> None:
    story = Story()
    story.says(PLEA)
    story.summarised()
    story.opened()
    kinds = [type(x).__name__ for x in story.calls()]
    assert kinds == ["AddComment", "SendText", "ReadTicket"]
    assert said(story) == ["<handoff:en>"]
    assert isinstance(story.conversation.holder, WithAgent)
    assert story.conversation.episode.ticket == TICKET


def test_a27_a_failed_summary_does_not_hold_back_the_ticket() -> None:
    story = Story()
    story.says(PLEA)
    story.happens(e.SummaryFailed(story.at, story.conversation.episode.id, "overloaded"))
    (order,) = story.calls()
    assert isinstance(order, OpenTicket)
    assert "Summary unavailable" in order.draft.note_html
    assert order.draft.subject == PLEA


def test_a27_a_slow_summary_does_not_either_and_follows_as_a_note() -> None:
    story = Story()
    story.says(PLEA)
    (wait,) = [x for x in story.effects if isinstance(x, SetTimer) and x.name == "summary"]
    assert (wait.at - T0).total_seconds() == 8
    story.later(8).timer("summary")
    assert [type(x) for x in story.calls()] == [OpenTicket]
    story.summarised()
    assert story.calls() == []
    story.opened()
    notes = [x.draft.html for x in story.calls() if isinstance(x, AddComment)]
    assert "To know where the parcel is" in notes[-1]


def test_a_summary_later_than_the_ticket_follows_as_a_note() -> None:
    story = Story()
    story.says(PLEA)
    story.later(8).timer("summary")
    story.opened()
    story.summarised()
    (note,) = story.calls()
    assert isinstance(note, AddComment)
    assert not note.draft.public


def test_a24_no_ticket_after_ten_seconds_the_customer_is_told_so_once_then_the_rest() -> None:
    story = Story()
    story.says(PLEA)
    (wait,) = [x for x in story.effects if isinstance(x, SetTimer) and x.name == "delayed"]
    assert (wait.at - T0).total_seconds() == 10
    story.summarised()
    story.later(10).timer("delayed")
    story.timer("delayed")
    assert said(story) == ["<handoff_delayed:en>"]
    story.later(3600).opened()
    assert said(story) == ["<handoff_delayed:en>", "<handoff:en>"]


def test_a25_messages_during_creation_follow_the_transcript_once_in_order() -> None:
    story = Story().talks("Where is my parcel?", "On its way.")
    story.says(PLEA)
    story.says("before the draft")
    story.summarised()
    story.says("after the draft")
    story.says("and one more")
    story.opened()
    comments = [x.draft for x in story.calls() if isinstance(x, AddComment)]
    transcript, *rest = comments
    assert not transcript.public
    assert "before the draft" in transcript.html
    assert "after the draft" not in transcript.html
    assert [(x.public, x.author) for x in rest] == [(True, REQUESTER)] * 2
    assert ["after the draft" in rest[0].html, "and one more" in rest[1].html] == [True, True]


def test_the_ticket_is_read_as_soon_as_it_is_known() -> None:
    """A webhook that came before we knew the ticket was about nothing that we could find."""
    story = Story()
    story.says(PLEA)
    story.summarised()
    story.opened()
    assert [x.ticket for x in story.calls() if isinstance(x, ReadTicket)] == [TICKET]


def test_a_refused_mapping_is_left_out_then_tried_again_later() -> None:
    story = Story()
    story.says(PLEA)
    story.summarised()
    refusal = e.TicketRefused(story.at, story.conversation.episode.id, "422", "no such group")
    story.happens(refusal)
    (order,) = story.calls()
    assert isinstance(order, OpenTicket)
    assert order.draft.fields.group is None
    assert "made without them" in order.draft.note_html
    story.happens(refusal)
    assert story.calls() == []
    story.later(900).timer("reopen")
    (third,) = story.calls()
    assert isinstance(third, OpenTicket)
    assert third.draft.key != order.draft.key
    assert isinstance(story.conversation.holder, HandingOff)


def test_a_ticket_of_another_episode_changes_nothing() -> None:
    story = Story()
    story.says(PLEA)
    other = e.TicketOpened(story.at, story.conversation.episode.id + "9", TICKET, REQUESTER)  # type: ignore[arg-type]
    story.happens(other)
    assert story.calls() == []


def test_a29_html_and_placeholders_of_the_customer_are_inert_in_every_note() -> None:
    evil = "<script>alert(1)</script> {{ticket.requester.email}} {% if %}"
    story = Story()
    story.says(evil)
    story.says(f"{PLEA}. {evil}")
    story.summarised()
    story.says(evil)
    story.opened()
    htmls = [x.draft.note_html for x in story.effects if isinstance(x, OpenTicket)]
    htmls += [x.draft.html for x in story.effects if isinstance(x, AddComment)]
    assert len(htmls) == 3
    for html in htmls:
        assert "&lt;script&gt;" in html
        for bad in ("<script", "{{", "}}", "{%"):
            assert bad not in html


def test_card_numbers_do_not_reach_the_helpdesk() -> None:
    story = Story()
    story.says("my card 4111 1111 1111 1111 was charged, get me a human")
    story.summarised()
    story.says("4111111111111111")
    story.opened()
    everything = repr(story.effects)
    assert "4111 1111" not in everything
    assert "4111111111111111" not in everything
    assert "[card ending 1111]" in everything
    sends = [x for x in story.effects if isinstance(x, SendText)]
    assert len(sends) == 1
