"""What is particular to Intercom, beyond the contract suite: replies, look-ups, its inbox."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.channels.base import (
    InboundMessage,
    ListsReceived,
    LooksUpSent,
    Outbound,
    ShowsHolder,
    WebhookRequest,
)
from connector.channels.intercom.api import room_after
from connector.channels.intercom.body import as_html, read
from connector.channels.intercom.channel import Intercom
from connector.channels.intercom.config import IntercomConfig
from connector.domain.conversation import Media
from connector.domain.effects import Who
from connector.domain.ids import Address, ExternalId, TicketId
from connector.errors import Rejected, Transient
from connector.upkeep import Mark, Site
from tests.contracts.loopback import Loopback, loopback, reply, reset

ADMIN, ZOE = "991267696", "6762f1571bb69f9f2193bbbb"
CONFIG = IntercomConfig("an-access-token", ("a-client-secret",), ADMIN)
NOW = datetime(2026, 11, 24, 9, 0, 2, tzinfo=UTC)
PICTURE = Media("https://connector.example.com/media/x", "image/png", "a.png")


@pytest.fixture
def intercom() -> Iterator[Loopback]:
    with loopback() as server:
        yield server


def at(server: Loopback, **changes: Any) -> Intercom:
    return Intercom(replace(CONFIG, base_url=server.url, now=lambda: NOW, **changes))


def part(id: str, body: str, when: datetime = NOW, **more: Any) -> dict[str, Any]:
    author = {"type": "user", "id": ZOE, "name": "Zoë"}
    return {
        "type": "conversation_part", "id": id, "part_type": "comment", "body": body,
        "created_at": int(when.timestamp()), "author": author, "attachments": [], **more,
    }  # fmt: skip


def ours(id: str, body: str, when: datetime = NOW, **more: Any) -> dict[str, Any]:
    return part(id, body, when, **{"author": {"type": "admin", "id": ADMIN}, **more})


def conversation(*parts: Any, id: str = "524", **more: Any) -> dict[str, Any]:
    listed = {"type": "conversation_part.list", "conversation_parts": list(parts)}
    return {"type": "conversation", "id": id, "conversation_parts": listed, **more}


def outbound(text: str, *media: Media, thread: str = "524") -> Outbound:
    return Outbound("c1.2.1", Address(ZOE), text, media, thread=thread)


def sent(server: Loopback) -> list[tuple[str, str, Any]]:
    return [(a.method, a.path, json.loads(a.body) if a.body else None) for a in server.asked]


# --- replies


def test_a_reply_is_the_configured_teammates_and_pinned_to_a_version(intercom: Loopback) -> None:
    intercom.then(reply(200, conversation(ours("136", "<p>x</p>"))))
    assert at(intercom).send(outbound("1 < 2 & so on\nBye", PICTURE)) == "136"
    assert sent(intercom) == [
        ("POST", "/conversations/524/reply", {
            "message_type": "comment", "type": "admin", "admin_id": ADMIN,
            "body": "1 &lt; 2 &amp; so on<br>Bye", "attachment_urls": [PICTURE.url],
        }),
    ]  # fmt: skip
    headers = intercom.asked[0].headers
    assert headers["authorization"] == "Bearer an-access-token"
    assert headers["intercom-version"] == "2.16"


def test_the_apps_own_version_is_pinned_where_it_is_told(intercom: Loopback) -> None:
    intercom.then(reply(200, conversation(ours("136", "<p>x</p>"))))
    at(intercom, api_version="2.13").send(outbound("x"))
    assert intercom.asked[0].headers["intercom-version"] == "2.13"


def test_a_picture_alone_goes_with_its_name(intercom: Loopback) -> None:
    intercom.then(*[reply(200, conversation(ours("136", "<p>x</p>")))] * 2)
    at(intercom).send(outbound("", PICTURE))
    at(intercom).send(outbound("", replace(PICTURE, name="")))
    assert [told["body"] for _, _, told in sent(intercom)] == ["a.png", "Picture"]


@pytest.mark.parametrize("thread", ["", "../../me", "a/b", "5 4"])
def test_without_a_conversation_nothing_is_asked(intercom: Loopback, thread: str) -> None:
    with pytest.raises(Rejected) as refusal:
        at(intercom).send(outbound("x", thread=thread))
    assert "not known" in refusal.value.meaning
    assert intercom.asked == []


def test_an_answer_that_does_not_show_the_part_is_a_success(intercom: Loopback) -> None:
    """Only the newest 500 parts are shown, and none is promised."""
    intercom.then(reply(200, {"type": "conversation", "id": "524"}))
    assert at(intercom).send(outbound("x")) == "524:c1.2.1"


@pytest.mark.parametrize(
    ("region", "root"),
    [("us", "https://api.intercom.io"), ("eu", "https://api.eu.intercom.io"),
     ("au", "https://api.au.intercom.io")],
)  # fmt: skip
def test_each_region_has_its_host(region: str, root: str) -> None:
    assert replace(CONFIG, region=region).root == root


@pytest.mark.parametrize(
    "wrong",
    [{"region": "de"}, {"admin_id": "ana"}, {"client_secrets": ()}, {"client_secrets": ("a", "")},
     {"access_token": ""}, {"api_version": "2"}, {"assign_to_team": "x/y"}],
)  # fmt: skip
def test_what_can_not_be_is_refused_at_the_door(wrong: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(CONFIG, **wrong)


def test_no_secret_shows() -> None:
    assert "an-access-token" not in repr(CONFIG)
    assert "a-client-secret" not in repr(CONFIG)


# --- limits


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 7)}, 7),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) - 7)}, 0),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 10**9)}, 3600),
        ({"X-RateLimit-Reset": "soon"}, None),
        ({"X-RateLimit-Reset": "nan"}, None),
        ({"Retry-After": "3", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 7)}, 3),
        ({"Retry-After": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 7)}, 0),
        ({}, None),
    ],
)
def test_when_there_is_room_again(headers: Mapping[str, str], wait: int | None) -> None:
    assert room_after(headers, NOW) == (None if wait is None else timedelta(seconds=wait))


def test_a_full_window_is_waited_for(intercom: Loopback) -> None:
    ends = str(int(time.time()) + 9)
    intercom.then(reply(429, {}, X_RateLimit_Remaining="0", X_RateLimit_Reset=ends))
    with pytest.raises(Transient) as told:
        at(intercom).send(outbound("x"))
    assert told.value.retry_after is not None
    assert timedelta(seconds=5) < told.value.retry_after <= timedelta(seconds=9)


# --- what may have been taken


def find(intercom: Loopback, message: Outbound, *parts: Any, known: tuple[str, ...] = ()) -> Any:
    adapter = at(intercom)
    assert isinstance(adapter, LooksUpSent)
    intercom.then(reply(200, conversation(*parts)))
    return adapter.find_sent(message, NOW, frozenset(map(ExternalId, known)))


HELLO = outbound("It is <here> & safe\n\nBye")
SHOWN = "<p>It is &lt;here&gt; &amp; safe</p>\n<p>Bye</p>"


@pytest.mark.parametrize(
    ("found", "parts"),
    [
        ("136", [part("135", SHOWN), ours("136", SHOWN)]),
        ("136", [ours("136", SHOWN, NOW - timedelta(seconds=4), part_type="open")]),
        (None, []),
        (None, [part("136", SHOWN)]),  # the customer says the same
        (None, [ours("136", SHOWN, NOW - timedelta(minutes=1))]),
        (None, [ours("136", "<p>It is here</p>")]),
        (None, [ours("136", SHOWN, part_type="note")]),
        (None, [ours("136", SHOWN, author={"type": "admin", "id": "7"})]),
        (None, [ours("136", SHOWN, attachments=[{"url": PICTURE.url}])]),
        (None, [ours("../me", SHOWN)]),
    ],
)
def test_an_answer_that_was_taken_is_found(
    intercom: Loopback, found: str | None, parts: list[Any]
) -> None:
    assert find(intercom, HELLO, *parts) == found
    assert sent(intercom) == [("GET", "/conversations/524", None)]


def test_the_same_text_that_was_rightly_sent_before_is_another_one(intercom: Loopback) -> None:
    parts = ours("136", SHOWN), ours("137", SHOWN)
    assert find(intercom, HELLO, *parts, known=("136",)) == "137"
    assert find(intercom, HELLO, *parts, known=("136", "137")) is None


def test_in_a_conversation_that_is_gone_nothing_is_looked_for_again(intercom: Loopback) -> None:
    intercom.then(reply(404, {"type": "error.list", "errors": [{"code": "not_found"}]}))
    with pytest.raises(Rejected) as refusal:
        at(intercom).find_sent(HELLO, NOW, frozenset())
    assert "not in Intercom any more" in refusal.value.meaning


def test_pictures_are_found_by_name_and_number(intercom: Loopback) -> None:
    shown = ours("136", "<p>a.png</p>", attachments=[{"url": "https://x.example/1"}])
    within = ours("136", '<p>a.png</p><img src="https://x.example/1">')
    message = outbound("", PICTURE)
    assert find(intercom, message, shown) == "136"
    assert find(intercom, message, within) == "136"
    assert find(intercom, message, ours("136", "<p>a.png</p>")) is None


# --- files

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 300


def test_a_file_is_fetched_without_our_token_and_is_what_it_is(intercom: Loopback) -> None:
    intercom.then(reply(200, PNG, Content_Type="text/html"))
    url = f"{intercom.url}/i/o/1/box.exe?signature=ab"
    file = at(intercom).fetch(Media(url, "application/x-msdownload", "box.exe"), "box.exe")
    assert (file.name, file.content_type, file.data) == ("box.png", "image/png", PNG)
    assert "authorization" not in intercom.asked[0].headers


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest", "http://127.0.0.1:1/x", "file:///etc/passwd", "//x",
     "https://downloads.intercomcdn.com@evil.example/", "https://evil.example/x", "http://[::1]/",
     "https://evilintercomcdn.com/", "http://downloads.intercomcdn.com/x"],
)  # fmt: skip
def test_no_file_is_asked_for_elsewhere(intercom: Loopback, url: str) -> None:
    with pytest.raises(Rejected):
        at(intercom).fetch(Media(url, "image/png", "a.png"), "a.png")
    intercom.then(reply(302, b"", Location=url))
    with pytest.raises(Rejected):
        at(intercom).fetch(Media(f"{intercom.url}/a.png", "image/png", "a.png"), "a.png")
    assert len(intercom.asked) == 1


def test_each_file_that_may_be_sent_goes_as_one(intercom: Loopback) -> None:
    limits = at(intercom).media_limits(Address(ZOE))
    assert limits is not None
    assert limits.takes("image/png", 10_000_000)
    assert not limits.takes("image/png", 10_000_001)
    assert not limits.takes("application/pdf", 1)


# --- what customers wrote

SINCE = NOW - timedelta(minutes=5)


def listed(id: str, when: datetime = NOW) -> dict[str, Any]:
    return {"type": "conversation", "id": id, "updated_at": int(when.timestamp())}


def page(*found: Any, after: str = "") -> Any:
    pages = {"type": "pages", "next": {"starting_after": after}} if after else {"type": "pages"}
    return reply(200, {"type": "conversation.list", "conversations": list(found), "pages": pages})


def test_what_customers_wrote_is_listed_as_its_webhook_tells_it(intercom: Loopback) -> None:
    source = {"type": "conversation", "id": "40", "body": "<p>Hi</p>", "author": {
        "type": "user", "id": ZOE, "name": "Zoë"}}  # fmt: skip
    began = int((NOW - timedelta(minutes=2)).timestamp())
    told = conversation(
        part("132", "<p>Where is it?</p>", NOW - timedelta(minutes=1)),
        ours("133", "<p>Here</p>"),
        part("134", "<p>old</p>", SINCE - timedelta(seconds=1)),
        part("135", "<p>gone</p>", redacted=True),
        source=source, created_at=began,
    )  # fmt: skip
    intercom.then(page(listed("524")), reply(200, told))
    adapter = at(intercom)
    assert isinstance(adapter, ListsReceived)
    found = adapter.received(SINCE)
    assert [(r.id, (NOW - r.at).seconds) for r in found] == [("source:40", 120), ("132", 60)]
    for topic, each in (("created", found[0]), ("replied", found[1])):
        body = {"topic": f"conversation.user.{topic}", "data": {"item": told}}
        asked = WebhookRequest("POST", "", {}, "", json.dumps(body).encode())
        message = each.read()
        assert isinstance(message, InboundMessage)
        same = next(e for e in adapter.parse(asked) if e.id == each.id)
        assert replace(message, raw={}) == replace(same, raw={})
        assert json.loads(json.dumps(message.raw)) == message.raw
        assert each.words() == message


def test_pages_are_read_and_conversations_once(intercom: Loopback) -> None:
    old = listed("526", SINCE - timedelta(minutes=1))
    intercom.then(
        page(listed("524"), after="cursor1"), page(listed("525"), listed("524"), old),
        reply(200, conversation(part("1", "a", NOW))),
        reply(200, conversation(part("2", "b", NOW - timedelta(seconds=9)), id="525")),
    )  # fmt: skip
    assert [r.id for r in at(intercom).received(SINCE)] == ["2", "1"]
    asked = sent(intercom)
    assert [path for _, path, _ in asked[2:]] == ["/conversations/524", "/conversations/525"]
    moment = int(SINCE.timestamp())
    values = [{"field": "updated_at", "operator": o, "value": moment} for o in (">", "=")]
    assert asked[0][2] == {
        "query": {"operator": "OR", "value": values}, "pagination": {"per_page": 150},
    }  # fmt: skip
    assert asked[1][2]["pagination"] == {"per_page": 150, "starting_after": "cursor1"}


def test_a_conversation_that_was_deleted_meanwhile_costs_no_other(intercom: Loopback) -> None:
    gone = {"type": "error.list", "errors": [{"code": "not_found"}]}
    intercom.then(page(listed("524"), listed("525")), reply(404, gone),
                  reply(200, conversation(part("2", "b"), id="525")))  # fmt: skip
    assert [r.id for r in at(intercom).received(SINCE)] == ["2"]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "failure", [reply(500), reply(429), reply(400, {}), reply(200, b"<"), reply(200, {}), reset]
)
def test_what_can_not_be_asked_now_is_asked_later(
    intercom: Loopback, first: bool, failure: Any
) -> None:
    intercom.then(*([failure] if first else [page(listed("524")), failure]))
    with pytest.raises(Transient):
        at(intercom).received(SINCE)


# --- who has the customer


def shows(intercom: Loopback, who: Who, ticket: str | None = None, **changes: Any) -> list[Any]:
    adapter = at(intercom, **changes)
    assert isinstance(adapter, ShowsHolder)
    intercom.then(*[reply(200, conversation())] * 4)
    adapter.show("524", who, None if ticket is None else TicketId(ticket))
    told = [(path.rpartition("/")[2], fields) for _, path, fields in sent(intercom)]
    assert all(fields.pop("admin_id") == ADMIN for _, fields in told)
    return told


MINE: dict[str, Any] = {
    "assign_to_team": "77",
    "assign_to_admin": "88",
    "snooze_for": timedelta(days=1),
}
ASSIGNED = [
    ("parts", {"message_type": "assignment", "type": "team", "assignee_id": "77"}),
    ("parts", {"message_type": "assignment", "type": "admin", "assignee_id": "88"}),
]


def test_a_person_takes_over(intercom: Loopback) -> None:
    until = int((NOW + timedelta(days=1)).timestamp())
    assert shows(intercom, Who.PERSON, "41", **MINE) == [
        *ASSIGNED,
        ("parts", {"message_type": "snoozed", "snoozed_until": until}),
        ("reply", {"message_type": "note", "type": "admin",
                   "body": "A person has taken over in the helpdesk (ticket 41)."}),
    ]  # fmt: skip


def test_nothing_but_a_note_unless_it_is_configured(intercom: Loopback) -> None:
    (only,) = shows(intercom, Who.PERSON, "41")
    assert only[1]["message_type"] == "note"


def test_solved_is_closed(intercom: Loopback) -> None:
    assert shows(intercom, Who.DONE) == [("parts", {"message_type": "close", "type": "admin"})]


def test_solved_stays_open_where_that_is_wanted(intercom: Loopback) -> None:
    assert shows(intercom, Who.DONE, close_when_solved=False) == []


def test_back_with_the_bot_is_nobodys_and_open(intercom: Loopback) -> None:
    unassigned = [(where, {**told, "assignee_id": "0"}) for where, told in ASSIGNED]
    assert shows(intercom, Who.BOT, **MINE) == [*unassigned, ("parts", {"message_type": "open"})]


def test_back_with_the_bot_needs_no_call_unless_it_was_changed(intercom: Loopback) -> None:
    assert shows(intercom, Who.BOT) == []


@pytest.mark.parametrize(
    ("status", "error"), [(401, Rejected), (403, Rejected), (404, Rejected), (429, Transient),
                          (500, Transient), (503, Transient)]
)  # fmt: skip
def test_a_right_that_is_missing_holds_no_customer_up(
    intercom: Loopback, status: int, error: type[Exception]
) -> None:
    intercom.then(reply(status, {}))
    with pytest.raises(error):
        at(intercom).show("524", Who.DONE, None)


def test_a_note_that_may_stand_there_is_not_written_again(intercom: Loopback) -> None:
    intercom.then(reset)
    at(intercom).show("524", Who.PERSON, TicketId("41"))
    intercom.then(reply(429, {}))
    with pytest.raises(Transient):
        at(intercom).show("524", Who.PERSON, TicketId("41"))


# --- bodies


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><!-- <p>b</p> --><p>c</p>", "a\n\nc"),
        ("<style>p {}</style><p>a</p><script>b < c</script>", "a"),
        ("<p>a <b>bold</b> and 1 < 2</p>", "a bold and 1 < 2"),
        ('<p>a <a href="javascript:alert(1)">b</a></p>', "a b"),
        ("<p><a href='mailto:a@b.example'>write</a></p>", "write (a@b.example)"),
        ("<P>a</P>\n<UL><LI>b</LI></UL>", "a\n\n- b"),
        ("<p>&amp;lt; &nbsp; &euro; &#x1F44D;</p>", "&lt; € 👍"),
        ("<p>a", "a"),
    ],
)
def test_html_in_words(html: str, text: str) -> None:
    assert read(html, html=True).text == text


@pytest.mark.parametrize("text", ["<p", "</p>", "&lt;p&gt; <b>", "a\n\nb", "1 < 2 > 0 & ü 👍"])
def test_our_own_words_come_back_as_they_went(text: str) -> None:
    assert read(f"<p>{as_html(text)}</p>", html=True).text == text


@pytest.mark.parametrize(
    "bomb",
    ["<div>" * 200_000 + "x", "<" * 900_000, "<p><!" * 180_000, "<a href='" * 100_000,
     "<p>" + "&#" * 400_000 + "</p>", "<ol>" * 100_000 + "<li>" * 100_000, "<![CDATA[" * 100_000,
     "<!--" * 200_000, "<a href=http://x>y" * 15_000 + "</a>" * 15_000, "<p " + "a=" * 400_000,
     "<p>&#" + "9" * 200_000 + ";</p>", "<p " * 200_000, "<img alt='" + "a- " * 80_000 + "'>"],
)  # fmt: skip
def test_no_body_takes_long_to_read(bomb: str) -> None:
    began = time.perf_counter()
    read(bomb, html=True)
    read(bomb, html=None)
    assert time.perf_counter() - began < 2


# --- doctor


def test_doctor_sees_a_wrong_token_region_and_teammate(intercom: Loopback) -> None:
    me = {"type": "admin", "id": "1", "app": {"type": "app", "region": "EU"}}
    refused = {"type": "error.list", "errors": [{"code": "unauthorized"}]}
    checks = at(intercom).checks(Site("channel support", "https://c.example/x"))
    answers = [
        (reply(200, {**me, "app": {"region": "US"}}), reply(200, {"type": "admin"})),
        (reply(200, me), reply(404, refused)),
        (reply(401, refused), reply(401, refused)),
        (reset, reset),
    ]
    found = []
    for row in answers:
        intercom.then(*row)
        found.append([check.look() for check in checks])
    marks = [[each.mark for each in row] for row in found]
    assert marks == [[Mark.WELL] * 2, [Mark.WRONG] * 2, [Mark.WRONG] * 2, [Mark.WRONG] * 2]
    assert "region eu" in found[1][0].found
    assert "access_token" in found[2][0].mend
    assert "admin_id" in found[1][1].mend
    assert "could not be asked" in found[3][0].found
