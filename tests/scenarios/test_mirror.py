"""A35-A44 over HTTP: what an agent writes and attaches, and what of it is on the customer's phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from connector.sandbox.faults import Fault
from tests.scenarios.world import CUSTOMER, PLEA, ROOT, World, world

SPAIN = "+34915550147"
PNG = b"\x89PNG\r\n\x1a\n" + b"canary-picture" * 20
SHEET = b"a,b\n1,2\n"
LINK = re.compile(r"http://127\.0\.0\.1:\d+/media/[\w.~-]+")
COMMENTS = "GET /api/v2/tickets/*/comments*"


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


@pytest.fixture
def generous(tmp_path: Path) -> Iterator[World]:
    """Rules, light agents and people in copy are mirrored too."""
    text = (ROOT / "config" / "sandbox.yaml").read_text()
    text = text.replace("prompts/", f"{ROOT}/config/prompts/")
    text = text.replace("knowledge/", f"{ROOT}/config/knowledge/")
    more = "mirror:\n      automations: true\n      light_agents: true\n      ccs: true"
    file = tmp_path / "channels.yaml"
    file.write_text(text.replace("mirror:", more))
    with world(tmp_path, file) as made:
        yield made


def handed_over(w: World, customer: str = CUSTOMER) -> int:
    w.says(PLEA, customer)
    ticket = w.ticket()
    w.hears(1, customer)
    rests(w)
    return ticket


def rests(w: World) -> None:
    """Until every webhook, event and call is done with."""

    def done() -> bool:
        idle = w.stage.zendesk.courier.idle(0.1) and w.stage.twilio.courier.idle(0.1)
        left = w.metric("connector_outbox"), w.metric("connector_inbox_oldest_age_seconds")
        return idle and left == (0, 0)

    w.until(lambda: done() and done(), "rest")


def upload(
    w: World, name: str, data: bytes, kind: str, *, inline: bool = False, malware: bool = False
) -> str:
    made = w.stage.zendesk.uploads.add(name, kind, data, inline=inline, malware=malware)
    token: str = made["token"]
    return token


def notes(w: World, ticket: int) -> str:
    return " ".join(w.comments(ticket, public=False))


def noted(w: World, ticket: int, words: str) -> str:
    return w.until(lambda: said if words in (said := notes(w, ticket)) else "", f"note: {words}")


def files(w: World, customer: str = CUSTOMER) -> list[tuple[str, bytes]]:
    shown = w.stage.twilio.conversation(customer)
    found = [f for m in shown if m.direction == "outbound" for f in m.media]
    return [(f.kind, f.data) for f in found if f.data]


def test_a35_a_note_and_its_file_never_leave(w: World) -> None:
    ticket = handed_over(w)
    secret = upload(w, "canary.png", PNG, "image/png")
    w.stage.zendesk.agent_replies(ticket, "One moment", author="Ana")
    w.stage.zendesk.agent_replies(ticket, "canary", public=False, attachments=[secret])
    assert w.hears(2)[1] == "Ana: One moment"
    rests(w)
    assert len(w.phone()) == 2
    assert files(w) == []


def test_a37_a38_rules_the_requesters_mail_ccs_and_light_agents_are_not_texted(w: World) -> None:
    ticket = handed_over(w)
    desk = w.stage.zendesk
    desk.automation_comments(ticket, "We got your request!")
    desk.requester_emails(ticket, "I write by mail too")
    desk.cc_emails(ticket, "Cora in copy")
    desk.light_agent_emails(ticket, "Lia, light")
    desk.agent_replies(ticket, "Hello", author="Ana")
    assert w.hears(2)[1] == "Ana: Hello"
    rests(w)
    assert len(w.phone()) == 2


def test_a37_a38_by_policy_they_are_but_never_the_requesters_own(generous: World) -> None:
    w, desk = generous, generous.stage.zendesk
    ticket = handed_over(w)
    desk.automation_comments(ticket, "We got your request!")
    desk.requester_emails(ticket, "I write by mail too")
    desk.cc_emails(ticket, "From the side")
    desk.light_agent_emails(ticket, "A hint")
    assert w.hears(4)[1:] == ["We got your request!", "Cora: From the side", "Lia: A hint"]
    rests(w)
    assert len(w.phone()) == 4


def test_a40_html_reads_as_text_and_a_long_one_is_split_on_words(w: World) -> None:
    ticket = handed_over(w)
    html = (
        "<p>Steps:</p><ol><li>Open <a href='https://x.example/a'>the page</a></li><li>Sign in</li>"
        "</ol><blockquote>my parcel</blockquote><p>-- <br>Ana</p>"
    )
    w.stage.zendesk.agent_replies(ticket, "", html=html, author="Ana")
    assert w.hears(2)[1] == (
        "Ana: Steps:\n\n1. Open the page (https://x.example/a)\n2. Sign in\n\n> my parcel\n\n--\nAna"
    )
    words = [f"word{n}👩‍👩‍👧" for n in range(400)]
    w.stage.zendesk.agent_replies(ticket, " ".join(words), author="Ana")
    rests(w)
    said = w.phone()[2:]
    assert " ".join(said) == "Ana: " + " ".join(words)
    assert all(len(s.encode("utf-16-le")) // 2 <= 1600 for s in said)


def test_a41_a_picture_is_shown_and_another_file_is_a_link(w: World) -> None:
    ticket = handed_over(w)
    tokens = [
        upload(w, "map.png", PNG, "image/png"), upload(w, "prices 2026.csv", SHEET, "text/csv"),
        upload(w, "bad.png", PNG, "image/png", malware=True),
    ]  # fmt: skip
    w.stage.zendesk.agent_replies(ticket, "See here", author="Ana", attachments=tokens)
    w.hears(3)
    rests(w)
    text, picture = w.phone()[1:]
    assert text.startswith("Ana: See here\n\nprices 2026.csv: http")
    assert picture == ""
    assert files(w) == [("image/png", PNG)]
    noted(w, ticket, "malware")
    (link,) = LINK.findall(text)
    answer = requests.get(link, timeout=5)
    assert (answer.status_code, answer.content) == (200, SHEET)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert requests.get(link[:-3] + "xyz", timeout=5).status_code == 404


def test_a41_where_mms_does_not_arrive_a_picture_is_a_link(w: World) -> None:
    ticket = handed_over(w, SPAIN)
    picture = upload(w, "map.png", PNG, "image/png")
    w.stage.zendesk.agent_replies(ticket, "Mire", author="Ana", attachments=[picture])
    (link,) = LINK.findall(w.hears(2, SPAIN)[1])
    assert requests.get(link, timeout=5).content == PNG
    rests(w)
    assert files(w, SPAIN) == []


def test_a41_a_picture_alone_bears_the_agents_name_and_an_inline_one_comes_too(w: World) -> None:
    ticket = handed_over(w)
    w.stage.zendesk.agent_replies(
        ticket, "", html="<p></p>", author="Ana",
        attachments=[upload(w, "photo.png", PNG, "image/png", inline=True)],
    )  # fmt: skip
    assert w.hears(3)[1:] == ["Ana: photo.png", ""]
    rests(w)
    assert files(w) == [("image/png", PNG)]


def test_a41_thirty_attachments_arrive_once_each(w: World) -> None:
    ticket = handed_over(w)
    tokens = [upload(w, f"p{n:02}.png", PNG + bytes([n]), "image/png") for n in range(30)]
    w.stage.zendesk.agent_replies(ticket, "All of it", author="Ana", attachments=tokens)
    w.until(lambda: len(files(w)) >= 10, "ten pictures")
    rests(w)
    assert [data[-1] for _, data in files(w)] == list(range(10))
    links = [link for text in w.phone() for link in LINK.findall(text)]
    assert [requests.get(link, timeout=5).content[-1] for link in links] == list(range(10, 30))


def test_a41_a_file_that_could_not_be_had_is_told_to_the_agent(w: World) -> None:
    ticket = handed_over(w)
    w.stage.zendesk.faults.add("GET /api/v2/attachments/*", Fault(status=500))
    picture = upload(w, "map.png", PNG, "image/png")
    w.stage.zendesk.agent_replies(ticket, "See here", author="Ana", attachments=[picture])
    assert "map.png" in noted(w, ticket, "could not be fetched")
    assert "Ana: See here" in w.phone()


def test_a43_a_reading_that_must_wait_loses_and_doubles_nothing(w: World) -> None:
    ticket = handed_over(w)
    w.stage.zendesk.faults.add(COMMENTS, Fault(status=429, headers={"Retry-After": "1"}), times=2)
    w.stage.zendesk.agent_replies(ticket, "One", author="Ana")
    w.stage.zendesk.agent_replies(ticket, "Two", author="Ana")
    assert w.hears(3)[1:] == ["Ana: One", "Ana: Two"]
    rests(w)
    assert len(w.phone()) == 3


def test_a44_a_comment_redacted_or_made_internal_after_it_was_sent(w: World) -> None:
    ticket = handed_over(w)
    w.stage.zendesk.agent_replies(ticket, "The code is 4711", author="Ana")
    w.stage.zendesk.agent_replies(ticket, "Between us", author="Ana")
    w.hears(3)
    rests(w)
    w.stage.zendesk.redact(ticket, "4711")
    assert "already left" in noted(w, ticket, "redacted after it was sent")
    w.stage.zendesk.make_private(ticket, "Between us")
    noted(w, ticket, "made internal after it was sent")
    w.stage.zendesk.add_tag(ticket, "again")
    rests(w)
    assert notes(w, ticket).count("after it was sent") == 2
    assert w.phone()[1:] == ["Ana: The code is 4711", "Ana: Between us"]


def test_a_mirrored_comment_costs_at_most_two_calls_of_zendesk(w: World) -> None:
    ticket = handed_over(w)
    seen = w.stage.zendesk.requests
    before = len(seen)
    w.stage.zendesk.agent_replies(ticket, "Hello", author="Ana")
    w.hears(2)
    rests(w)
    calls = [f"{r.method} {r.path}" for r in list(seen)[before:]]
    assert len(calls) <= 2, calls
