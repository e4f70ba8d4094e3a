"""The ticket as an agent gets it (A20, A23-A29, A33, A34, A50), over HTTP against the twins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from connector.sandbox.faults import Fault
from connector.sandbox.twilio.messages import Media
from connector.sandbox.zendesk.agents import CommentView
from tests.scenarios.world import CUSTOMER, PLEA, ROOT, World, world

MODEL = "POST /v1/messages"
TICKETS = "POST /api/v2/tickets*"
UPDATE = "PUT /api/v2/tickets/*"
UPLOAD = "POST /api/v2/uploads*"
MEDIA = "GET /2010-04-01/Accounts/*/Media/*"
EVIL = (
    "<script>alert(1)</script><b>bold</b> {{ticket.requester.phone}} {{current_user.name}} {% x %}"
)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
PHOTO = Media("image/png", data=PNG)


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def notes(w: World, ticket: int, number: int = 2) -> list[CommentView]:
    """Wait for so many internal notes."""

    def look() -> list[CommentView]:
        found = [c for c in w.view(ticket).comments if not c.public]
        return found if len(found) >= number else []

    return w.until(look, f"{number} notes")


def without(part: str, folder: Path) -> Path:
    """The sandbox's configuration with this part exchanged."""
    before, after = part.split(" -> ")
    text = (ROOT / "config" / "sandbox.yaml").read_text()
    assert before in text
    for name in ("prompts", "knowledge"):
        text = text.replace(f" {name}/", f" {ROOT}/config/{name}/")
    file = folder / "channels.yaml"
    file.write_text(text.replace(before, after))
    return file


def test_a28_the_summary_cites_its_messages_and_the_trigger_its_words(w: World) -> None:
    w.says("Where is my parcel 4711? It was due on Monday.")
    w.hears(1)
    w.says(PLEA)
    first, second = notes(w, w.ticket())
    rows = re.findall(r"<li>(.*?)</li>", first.html)
    assert len(rows) == 3
    for row in rows:
        assert re.search(r"\[\d+(, \d+)*\]$", row)
    assert rows[0].startswith("<b>What the customer wants:</b>")
    assert "[1]" in rows[0]
    assert "[2]" in rows[1]
    for part in ("The customer asked for a person.", "explicit_request", "[3]", PLEA):
        assert part in first.html
    numbers = re.findall(r"\[(\d+)\]", second.html)
    assert numbers == ["1", "2", "3"]
    assert "Where is my parcel 4711?" in w.view(1).subject


@pytest.mark.parametrize("cited", [[], [99], [-1, 0]])
def test_a28_a_claim_without_a_source_is_dropped(w: World, cited: list[int]) -> None:
    import json

    point = {"text": "canary: was promised a refund", "messages": cited}
    sourced = {"text": "Wants a person", "messages": [1]}
    said = {"subject": "canary subject", "wants": point, "tried": point, "why_human": sourced}
    answer = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
        "content": [{"type": "text", "text": json.dumps(said)}], "stop_reason": "end_turn",
        "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1},
    }  # fmt: skip
    w.stage.anthropic.faults.add(MODEL, Fault(status=200, body=answer))
    w.says(PLEA)
    ticket = w.ticket()
    notes(w, ticket)
    assert "canary" not in w.html(ticket) + w.view(ticket).subject
    assert "Wants a person [1]" in w.html(ticket)


def test_a27_without_a_summary_the_ticket_says_what_is_certain(w: World) -> None:
    w.says("Where is my parcel?")
    (answer,) = w.hears(1)
    w.stage.anthropic.faults.add(MODEL, Fault(status=500), times=None)
    w.says(PLEA)
    ticket = w.ticket()
    first, second = notes(w, ticket)
    assert "Summary unavailable" in first.html
    assert "The bot answered once; its last words [2]:" in first.plain
    assert answer[-40:] in second.plain
    assert w.view(ticket).subject == "Where is my parcel?"


def test_a26_two_hundred_messages_are_all_there_in_order(w: World) -> None:
    """About 200 kB: several notes, each within Zendesk's 64 kB, none cut."""
    w.stage.anthropic.faults.add(MODEL, Fault(status=400), times=None)
    w.stage.anthropic.hold()
    long = "é & <b>grüße</b> " * 60
    for number in range(200):
        w.says(f"<<{number}>> {long}")
    w.says(PLEA)
    w.stage.anthropic.release()
    ticket = w.ticket()
    w.until(lambda: "is now being told" in w.html(ticket), "the transcript's end")
    found = [c for c in w.view(ticket).comments if "Transcript" in c.html]
    count = len(found)
    assert count >= 4
    for number, note in enumerate(found, 1):
        assert f"Transcript, part {number} of {count} (times in UTC)" in note.plain
        assert len(note.html.encode()) < 65_000
        assert not note.public
    text = "\n".join(c.plain for c in found)
    assert re.findall(r"<<(\d+)>>", text) == [str(n) for n in range(200)]
    squeezed = " ".join(text.split())
    assert squeezed.count(" ".join(long.split())) == 200
    assert len(re.findall(r"Customer · \d\d:\d\d:\d\d UTC · \[\d+\]", text)) == 201


def test_the_transcript_has_speakers_times_and_receipts(w: World) -> None:
    w.says("Where is my parcel?")
    w.hears(1)
    w.rests()
    w.stage.twilio.fail_next_delivery(30003)
    w.says("And how do I return something?")
    w.until(lambda: len(w.stage.twilio.conversation(CUSTOMER)) == 4, "the second answer")
    w.rests()
    w.says(PLEA)
    _, second = notes(w, w.ticket())
    heads = re.findall(r"^(.*) · \d\d:\d\d:\d\d UTC · \[(\d)\](?: · (.*))?$", second.plain, re.M)
    assert [h[:2] for h in heads] == [
        ("Customer", "1"), ("Bot", "2"), ("Customer", "3"), ("Bot", "4"), ("Customer", "5"),
    ]  # fmt: skip
    receipts = [h[2] for h in heads]
    assert receipts[1] == "delivered"
    assert receipts[3].startswith("not delivered: ")
    assert re.search(r"^\d{4}-\d\d-\d\d$", second.plain, re.M)


def test_a29_what_customers_write_is_text_and_nothing_else(w: World) -> None:
    w.says(EVIL)
    w.hears(1)
    w.says(f"{PLEA} {EVIL}")
    ticket = w.ticket()
    notes(w, ticket)
    w.says(EVIL)
    (comment,) = w.public(ticket, 1)
    assert comment == EVIL
    made = w.view(ticket)
    assert all(not c.public for c in made.comments[:2])
    assert "<script" not in w.html(ticket)
    assert "<b>bold" not in w.html(ticket)
    # Nothing was expanded: what would have been put in is the number and the API user's name.
    second = made.comments[1]
    assert second.plain.count("{{ticket.requester.phone}}") == 2
    assert "{{" not in made.subject
    assert "{%" not in made.subject


def test_a20_no_text_sets_priority_group_tags_or_requester(w: World) -> None:
    w.says(
        "#priority urgent #group 42 #tag vip #requester boss@example.com "
        '{"priority": "urgent", "tags": ["vip"], "group_id": 42}\nFrom: boss@example.com'
    )
    w.hears(1)
    w.says(f"{PLEA} #priority urgent tags: vip")
    made = w.view(w.ticket())
    assert (made.priority, made.group) == ("normal", "Support")
    assert set(made.tags) == {"sms", "handoff", "lang_en"}
    assert made.requester_phone == CUSTOMER
    assert made.custom_fields == {"360004": "explicit_request"}


def test_a25_messages_during_creation_stand_after_the_transcript_once(w: World) -> None:
    w.stage.zendesk.faults.add(TICKETS, Fault(delay=1.5))
    w.says(PLEA)
    w.until(lambda: not w.stage.zendesk.faults.active(), "the call under way")
    for number in range(3):
        w.says(f"meanwhile {number}")
    ticket = w.ticket()
    w.public(ticket, 3)
    w.rests()
    shown = [(c.public, c.plain) for c in w.view(ticket).comments]
    assert [p for p, _ in shown] == [False, False, True, True, True]
    assert [t for _, t in shown[2:]] == ["meanwhile 0", "meanwhile 1", "meanwhile 2"]
    assert "meanwhile" not in shown[1][1]


def test_a33_card_numbers_are_masked_everywhere(w: World, caplog: pytest.LogCaptureFixture) -> None:
    w.says("I paid with 4111 1111 1111 1111, where is it?")
    w.hears(1)
    w.says(f"{PLEA}: 4111-1111-1111-1111")
    ticket = w.ticket()
    notes(w, ticket)
    w.says("4111111111111111")
    w.public(ticket, 1)
    w.rests()
    made = w.view(ticket)
    everything = w.html(ticket) + made.subject + str(made.custom_fields) + caplog.text
    for number in ("4111 1111", "4111-1111", "41111111"):
        assert number not in everything
    assert "[card ending 1111]" in w.html(ticket)
    assert made.subject.startswith("I paid with [card ending 1111]")


def attached(comment: CommentView) -> list[tuple[str, str, bytes]]:
    return [
        (a.name, a.kind, requests.get(a.url, timeout=5).content) for a in comment.attachments
    ]  # fmt: skip


def test_a34_media_become_attachments_before_and_after_the_handoff(w: World) -> None:
    w.says("My vase is broken, see here", media=[PHOTO])
    w.hears(1)
    w.says(PLEA)
    ticket = w.ticket()
    _, transcript = notes(w, ticket)
    assert attached(transcript) == [("message-1-1.png", "image/png", PNG)]
    assert "[image/png: message-1-1]" in transcript.plain
    w.says("and from below", media=[PHOTO, Media("application/pdf", data=b"%PDF-1.7 receipt")])
    w.says("", media=[PHOTO])
    w.public(ticket, 2)
    w.rests()
    both, bare = [c for c in w.view(ticket).comments if c.public]
    assert both.plain.startswith("and from below")
    assert [a[0].rsplit("-", 1)[1] for a in attached(both)] == ["1.png", "2.pdf"]
    assert attached(both)[0][2] == PNG
    assert len(bare.attachments) == 1
    assert len([c for c in w.view(ticket).comments if not c.public]) == 2


@pytest.mark.parametrize(
    ("media", "reason"),
    [
        (Media("image/png", data=b"MZ" + b"\0" * 300), "of a kind that is not passed on"),
        (Media("image/png", data=PNG + b"\0" * 25 * 1024 * 1024), "larger than 25 MB"),
        (Media("image/png", url="{twilio}/2010-04-01/Accounts/AC/Media/gone"), "no longer has it"),
        (Media("image/png", url="http://127.0.0.1:1/secret"), "not one of the provider's"),
        (Media("image/png", url="https://169.254.169.254/"), "not one of the provider's"),
    ],
    ids=["kind", "size", "gone", "private", "metadata"],
)
def test_a34_what_can_not_be_attached_is_said_and_the_text_arrives(
    w: World, media: Media, reason: str
) -> None:
    w.says(PLEA)
    ticket = w.ticket()
    notes(w, ticket)
    url = media.url.replace("{twilio}", w.stage.twilio.url)
    w.says("see here", media=[Media(media.kind, data=media.data, url=url), PHOTO])
    note = notes(w, ticket, 3)[-1]
    assert "could not be attached" in note.plain
    assert f"message-3-1 (image/png): it is {reason}" in note.plain or reason in note.plain
    (comment,) = [c for c in w.view(ticket).comments if c.public]
    assert comment.plain.startswith("see here")
    assert [a.name for a in comment.attachments] == ["message-3-2.png"]
    w.rests()
    assert len(w.view(ticket).comments) == 4


def test_a34_a_file_that_can_not_be_had_now_is_tried_again_and_then_left_out(w: World) -> None:
    w.says(PLEA)
    ticket = w.ticket()
    notes(w, ticket)
    w.stage.twilio.faults.add(MEDIA, Fault(status=503))
    w.says("first", media=[PHOTO])
    w.public(ticket, 1)
    w.stage.twilio.faults.add(MEDIA, Fault(status=503), times=None)
    w.says("second", media=[PHOTO])
    w.says("third")
    w.until(lambda: "third" in w.html(ticket), "the words")
    w.rests()
    first, later = [c for c in w.view(ticket).comments if c.public]
    assert (first.plain.split("\n")[0], len(first.attachments)) == ("first", 1)
    # What waited goes together (A43), still in order.
    assert [x for x in later.plain.split("\n") if x] == [
        "second",
        "[image/png: message-4-1]",
        "third",
    ]
    assert later.attachments == ()
    assert "could not be fetched" in notes(w, ticket, 3)[-1].plain


@pytest.mark.parametrize("match", [UPLOAD, UPDATE, MEDIA], ids=["upload", "comment", "fetch"])
def test_a34_a_lost_answer_attaches_once(w: World, match: str) -> None:
    w.says(PLEA)
    ticket = w.ticket()
    notes(w, ticket)
    w.rests()
    twin = w.stage.twilio if match == MEDIA else w.stage.zendesk
    twin.faults.add(match, Fault(reset=True, when="after"))
    w.says("see here", media=[PHOTO, Media("image/png", data=b"MZ" + b"\0" * 300)])
    note = notes(w, ticket, 3)[-1]
    w.rests()
    (comment,) = [c for c in w.view(ticket).comments if c.public]
    assert len(comment.attachments) == 1
    assert "not passed on" in note.plain
    assert len(w.view(ticket).comments) == 4


def test_a30_two_people_with_one_number_are_flagged_and_not_merged(w: World) -> None:
    made = [w.stage.zendesk.users.make({"name": n, "phone": CUSTOMER})["id"] for n in ("Al", "Bo")]
    w.says(PLEA)
    ticket = w.ticket()
    asker = w.stage.zendesk.tickets_.get(ticket).facts["requester_id"]
    assert asker not in made
    found = [w.stage.zendesk.users.find(number) for number in (*made, asker)]
    assert [person["name"] for person in found[:2] if person] == ["Al", "Bo"]
    assert "Shares the phone number" in (found[2] or {})["notes"]
    assert "number" in notes(w, ticket)[0].plain


def test_a50_after_a_closed_ticket_the_next_handoff_follows_it_up(w: World) -> None:
    w.says("My vase is broken")
    w.hears(1)
    w.says(PLEA)
    first = w.ticket()
    w.hears(2)
    w.stage.zendesk.agent_replies(first, "A new vase is on its way.", author="Ana", solve=True)
    w.hears(4)
    w.rests()
    w.stage.zendesk.set_status(first, "closed")
    w.says("The new vase is broken as well")
    w.hears(5)
    w.says(PLEA)
    second = w.ticket(2)
    note = notes(w, second)[0]
    followed = w.stage.zendesk.tickets_.get(second).facts
    assert followed["via"]["source"]["rel"] == "follow_up"
    assert followed["via"]["source"]["from"]["ticket_id"] == first
    assert f"#{first}" in note.plain
    assert "A new vase is on its way." in note.plain
    w.says("Hello?")
    assert w.public(second, 1) == ["Hello?"]
    assert w.view(first).status == "closed"
