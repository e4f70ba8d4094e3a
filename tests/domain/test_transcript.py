"""What agents read: complete, ordered, inert, each claim with its source."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain import first_note, transcript
from connector.domain.conversation import Author, Conversation, Delivery, HandingOff, Media, Message
from connector.domain.effects import OpenTicket
from connector.domain.events import SummaryFailed
from connector.domain.handoff.base import Considered, Evidence, Trigger
from connector.domain.ids import MessageId
from connector.domain.mask import mask_card_numbers
from connector.domain.policy import Facts
from connector.domain.text import split_text
from connector.domain.tickets import TicketFields
from connector.domain.turns import Point, Summary
from tests.domain.decide.given import CUSTOMER, PLEA, POLICY, SUMMARY, T0, Story

CARD = "4111 1111 1111 1111"


def message(seq: int, text: str, **more: object) -> Message:
    at = T0 + timedelta(minutes=seq)
    made = Message(MessageId(f"c.{seq}"), seq, 1, Author.CUSTOMER, text, at, Delivery.RECEIVED)
    return replace(made, **more)  # type: ignore[arg-type]


def words(text: str) -> str:
    return "".join(unescape(re.sub(r"<[^>]*>", "", text)).split())


def plain(text: str) -> str:
    return text


def named(facts: Facts) -> TicketFields:
    return TicketFields(custom=(("1", facts["customer"]["name"]),))


@given(
    texts=st.lists(st.text(max_size=30_000), max_size=8),
    filler=st.sampled_from(["{", '"', "é", "😀", "a b ", "<b>"]),
    times=st.integers(0, 20_000),
)
def test_a26_nothing_is_cut_and_no_note_is_too_long(
    texts: list[str], filler: str, times: int
) -> None:
    messages = [message(n, t) for n, t in enumerate([*texts, filler * times, "last"], 1)]
    notes = transcript.transcript_notes(messages, plain)
    assert all(len(note.html.encode()) < 65_000 for note in notes)
    shown = words("".join(note.html for note in notes))
    at = 0
    for each in messages:
        for piece in split_text(each.text, transcript.LINE_CHARACTERS):
            at = shown.find(words(transcript.escape(piece)), at)
            assert at >= 0


def test_a26_a_message_longer_than_a_comment_is_several() -> None:
    long = message(3, '{"' * 20_000)
    htmls = transcript.comment_htmls(long, plain)
    assert len(htmls) > 1
    assert all(len(h.encode()) < 65_000 for h in htmls)
    assert "".join(words(h) for h in htmls) == long.text


def test_files_are_spread_over_notes() -> None:
    media = tuple(Media(f"https://p/{n}", "image/png") for n in range(9))
    messages = [message(n, "x", media=media) for n in range(1, 6)]
    notes = transcript.transcript_notes(messages, plain)
    assert [len(n.media) for n in notes] == [18, 18, 9]
    names = [m.name for n in notes for m in n.media]
    assert len(set(names)) == 45
    shown = "".join(n.html for n in notes)
    assert all(f"[image/png: {name}]" in shown for name in names)


def test_what_agents_attached_is_not_fetched_again() -> None:
    sent = message(1, "see", author=Author.AGENT, media=(Media("https://z/x", "image/png"),))
    assert transcript.to_attach(sent) == ()


@pytest.mark.parametrize(
    ("delivery", "why", "shown"),
    [
        (Delivery.QUEUED, "", "on its way"),
        (Delivery.SENT, "", "sent"),
        (Delivery.DELIVERED, "", "delivered"),
        (Delivery.READ, "", "read"),
        (Delivery.FAILED, "a <landline>", "not delivered: a &lt;landline&gt;"),
        (Delivery.SUPPRESSED, "STOP", "not sent: STOP"),
        (Delivery.CANCELLED, "", "not sent: withdrawn"),
        (Delivery.UNKNOWN, "", "not certain to have arrived"),
    ],
)
def test_receipts(delivery: Delivery, why: str, shown: str) -> None:
    sent = message(4, "Hello", author=Author.BOT, delivery=delivery, why=why)
    (note,) = transcript.transcript_notes([sent], plain)
    assert re.search(rf"<b>Bot</b> · 09:04:00 UTC · \[4\] · (<\w>)+{re.escape(shown)}<", note.html)


@given(st.text(alphabet="{}% a", max_size=40))
def test_a29_no_placeholder_is_left(text: str) -> None:
    for mark in ("{{", "}}", "{%", "%}"):
        assert mark not in transcript.inert(text)
    assert words(transcript.inert(text)) == words(text)


def handing(text: str, quote: str) -> tuple[Conversation, HandingOff]:
    conversation = Conversation.begin("sms-us", CUSTOMER).add(Author.CUSTOMER, text, T0)
    evidence = Evidence((conversation.messages[0].id,), quote, "asks")
    decided = Considered(Trigger.LEGAL, True, 1.0, 0.5, (evidence,))
    return conversation, HandingOff(decided, since=T0)


def test_a33_a_number_that_was_cut_in_two_is_masked_all_the_same() -> None:
    text = "x " * 143 + CARD
    conversation, holder = handing(text, text[:299] + "…")
    note = first_note.handoff_note(conversation, holder, None, mask_card_numbers, "")
    assert "4111" not in note
    long = "word " * 14 + CARD  # the subject ends within the number
    conversation, holder = handing(long, "")
    assert "411" not in first_note.subject(conversation, holder.decided, None, mask_card_numbers)


@pytest.mark.parametrize(
    ("texts", "summary", "subject"),
    [
        (["Hi", "Where is my parcel 4711?", PLEA], None, "Where is my parcel 4711?"),
        ([PLEA], None, PLEA),
        (["Hi", PLEA], None, "Hi"),
        ([PLEA], SUMMARY, "Parcel is late"),
        (
            ["My vase broke today", PLEA],
            replace(SUMMARY, wants=Point("x", ())),
            "My vase broke today",
        ),
    ],
)
def test_a_subject_is_what_the_customer_wants(
    texts: list[str], summary: Summary | None, subject: str
) -> None:
    conversation = Conversation.begin("sms-us", CUSTOMER)
    for text in texts:
        conversation = conversation.add(Author.CUSTOMER, text, T0)
    evidence = Evidence((conversation.messages[-1].id,), texts[-1])
    decided = Considered(Trigger.EXPLICIT_REQUEST, True, 1.0, 0.5, (evidence,))
    assert first_note.subject(conversation, decided, summary, plain) == subject


def test_a_link_stands_there_only_where_it_leads_somewhere() -> None:
    conversation, holder = handing("x", "")
    assert "<a " not in first_note.handoff_note(conversation, holder, None, plain, "")
    url = f"https://connector.example.com/ops/conversations/{conversation.id}"
    note = first_note.handoff_note(conversation, holder, None, plain, url)
    assert f'<a href="{url}">Open the conversation</a>' in note


def test_every_trigger_has_its_words() -> None:
    assert set(first_note._REASONS) == set(Trigger)


def test_a20_a29_names_and_fields_are_inert() -> None:
    story = Story(policy=replace(POLICY, ticket_fields=named))
    story.says(f"{PLEA} {{{{dc.secret}}}}", customer_name="{{ticket.id}}")
    story.happens(SummaryFailed(story.at, story.conversation.episode.id, "x"))
    (order,) = story.calls()
    assert isinstance(order, OpenTicket)
    draft = order.draft
    assert draft.requester.name == "{ {ticket.id} }"
    assert draft.fields.custom == (("1", "{ {ticket.id} }"),)
    assert "{{" not in draft.subject
