"""The twin of Intercom: as strict as the real one."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from werkzeug.wrappers import Response

from connector.sandbox.faults import Fault
from connector.sandbox.intercom.twin import ADMIN, OUR_CODE, TEAMMATE, IntercomTwin
from tests.sandbox.catcher import Catcher, catching

ZOE, TOKEN = "6762f1571bb69f9f2193bbbb", "a-token"


@pytest.fixture
def caught() -> Iterator[Catcher]:
    with catching() as found:
        yield found


@pytest.fixture
def intercom(caught: Catcher) -> Iterator[IntercomTwin]:
    with IntercomTwin(TOKEN, "a-secret", caught.url) as twin:
        yield twin


def call(twin: IntercomTwin, method: str, path: str, fields: Any = None, **headers: str) -> Any:
    told = {"Authorization": f"Bearer {TOKEN}", "Intercom-Version": "2.16", **headers}
    return requests.request(method, twin.url + path, json=fields, headers=told, timeout=5)


def reply(twin: IntercomTwin, body: str = "Hello", **more: Any) -> Any:
    fields = {"message_type": "comment", "type": "admin", "admin_id": ADMIN.id, "body": body}
    return call(twin, "POST", "/conversations/524/reply", {**fields, **more})


def notices(caught: Catcher) -> list[Any]:
    return [json.loads(body) for _, body in caught.posts]


def test_notifications_are_signed_and_shaped_as_documented(
    intercom: IntercomTwin, caught: Catcher
) -> None:
    assert intercom.customer_says("1 < 2", customer=ZOE).wait() == 200
    assert intercom.customer_says("and?", customer=ZOE).wait() == 200
    assert intercom.ping().wait() == 200
    began, replied, ping = notices(caught)
    assert [began["topic"], replied["topic"], ping["topic"]] == [
        "conversation.user.created", "conversation.user.replied", "ping",
    ]  # fmt: skip
    item = began["data"]["item"]
    assert (item["source"]["body"], item["source"]["author"]["id"]) == ("1 < 2", ZOE)
    assert item["conversation_parts"]["conversation_parts"] == []
    (part,) = replied["data"]["item"]["conversation_parts"]["conversation_parts"]
    assert (part["part_type"], part["body"]) == ("comment", "and?")
    assert (ping["id"], began["id"]) == (None, "notif_0001")
    headers, body = caught.posts[0]
    digest = hmac.new(b"a-secret", body, hashlib.sha1).hexdigest()
    assert headers["x-hub-signature"] == f"sha1={digest}"


def test_webhooks_of_an_older_version_have_html(caught: Catcher) -> None:
    with IntercomTwin(TOKEN, "s", caught.url, plain_webhooks=False) as twin:
        twin.customer_says("1 < 2\nbye", customer=ZOE).wait()
    assert notices(caught)[0]["data"]["item"]["source"]["body"] == "<p>1 &lt; 2</p><p>bye</p>"


def test_a_failed_notification_is_told_once_more_and_410_ends_it(
    intercom: IntercomTwin, caught: Catcher
) -> None:
    caught.answers += [Response(status=500), Response(status=503)]
    delivery = intercom.customer_says("one", customer=ZOE)
    assert (delivery.wait(), delivery.attempts) == (503, [500, 503])
    caught.answers += [Response(status=410)]
    intercom.customer_says("two", customer=ZOE).wait()
    assert intercom.customer_says("three", customer=ZOE).wait() is None
    assert len(caught.posts) == 3


def test_only_what_is_subscribed_to_is_told(intercom: IntercomTwin, caught: Catcher) -> None:
    intercom.notices.topics = frozenset({"conversation.user.replied"})
    intercom.customer_says("one", customer=ZOE).wait()
    intercom.customer_says("two", customer=ZOE).wait()
    assert [told["topic"] for told in notices(caught)] == ["conversation.user.replied"]


def test_a_reply_is_a_part_with_the_apps_code_and_comes_back(
    intercom: IntercomTwin, caught: Catcher
) -> None:
    intercom.customer_says("one", customer=ZOE)
    url = "https://x.example/a.png"
    shown = reply(intercom, "a &lt;b&gt;<br>c", attachment_urls=[url]).json()
    (part,) = shown["conversation_parts"]["conversation_parts"]
    assert (part["part_type"], part["author"]["id"], part["app_package_code"]) == (
        "comment", ADMIN.id, OUR_CODE,
    )  # fmt: skip
    last = intercom.conversation(ZOE)[-1]
    assert (last.direction, last.text, last.media) == ("outbound", "a <b>\nc", url)
    intercom.courier.idle()
    assert notices(caught)[-1]["topic"] == "conversation.admin.replied"


def test_a_note_is_not_shown_to_the_customer(intercom: IntercomTwin) -> None:
    intercom.customer_says("one", customer=ZOE)
    assert reply(intercom, "secret", message_type="note").status_code == 200
    assert [said.text for said in intercom.conversation(ZOE)] == ["one"]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"colour": "red"}, 400, "parameter_invalid"),
        ({"body": " "}, 400, "parameter_invalid"),
        ({"type": "user"}, 400, "parameter_invalid"),
        ({"admin_id": "7"}, 404, "admin_not_found"),
        ({"attachment_urls": ["https://x.example/"] * 11}, 400, "parameter_invalid"),
        ({"attachment_urls": ["file:///x"]}, 400, "parameter_invalid"),
    ],
)
def test_replies_that_are_refused(
    intercom: IntercomTwin, fields: dict[str, Any], status: int, code: str
) -> None:
    intercom.customer_says("one", customer=ZOE)
    answer = reply(intercom, **fields)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
    assert len(intercom.conversation(ZOE)) == 1


def test_who_may_call_and_in_which_version(intercom: IntercomTwin) -> None:
    for headers, status in (
        ({"Authorization": "Bearer other"}, 401), ({"Intercom-Version": "9.9"}, 400),
        ({"Intercom-Version": "2.17"}, 200), ({"Intercom-Version": ""}, 200),
    ):  # fmt: skip
        assert call(intercom, "GET", "/me", **headers).status_code == status
    assert call(intercom, "GET", "/admins/7").status_code == 404
    assert call(intercom, "GET", "/conversations/1").json()["errors"][0]["code"] == "not_found"


def test_closing_snoozing_and_assigning(intercom: IntercomTwin) -> None:
    intercom.customer_says("one", customer=ZOE)
    found = intercom.conversations["524"]

    def change(**fields: Any) -> int:
        path = "/conversations/524/parts"
        status: int = call(intercom, "POST", path, {"admin_id": ADMIN.id, **fields}).status_code
        return status

    assert change(message_type="assignment", type="team", assignee_id="77") == 200
    assert change(message_type="snoozed", snoozed_until=1785400000) == 200
    assert (found.team, found.state, found.snoozed_until) == (77, "snoozed", 1785400000)
    intercom.customer_says("two", customer=ZOE)
    assert (found.state, found.parts[-1].kind) == ("open", "open")
    assert change(message_type="close", type="admin") == 200
    assert found.state == "closed"
    for wrong in ({"message_type": "close"}, {"message_type": "snoozed"}, {"message_type": "x"},
                  {"message_type": "open", "colour": "red"}):  # fmt: skip
        assert change(**wrong) == 400


def test_search_and_pages(intercom: IntercomTwin) -> None:
    for number in range(3):
        intercom.customer_says("x", customer=f"c{number}")
    query = {"field": "updated_at", "operator": ">", "value": 0}
    asked: dict[str, Any] = {"query": query, "pagination": {"per_page": 2}}
    first = call(intercom, "POST", "/conversations/search", asked).json()
    after = first["pages"]["next"]["starting_after"]
    asked["pagination"]["starting_after"] = after
    second = call(intercom, "POST", "/conversations/search", asked).json()
    assert (len(first["conversations"]), len(second["conversations"])) == (2, 1)
    assert "next" not in second["pages"]
    assert "conversation_parts" not in first["conversations"][0]


def test_the_room_that_is_left_is_told(intercom: IntercomTwin) -> None:
    intercom.calls_a_window = 2
    answers = [call(intercom, "GET", "/me") for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert [a.headers["X-RateLimit-Remaining"] for a in answers] == ["1", "0", "0"]
    assert answers[2].json()["errors"][0]["code"] == "rate_limit_exceeded"


def test_faults_are_worded_as_intercoms(intercom: IntercomTwin) -> None:
    intercom.faults.add("POST /conversations/*/reply", Fault(status=429))
    assert reply(intercom).json()["errors"][0]["code"] == "rate_limit_exceeded"


def test_files_have_signed_addresses(intercom: IntercomTwin, caught: Catcher) -> None:
    intercom.customer_sends_file("a.png", "image/png", b"x", customer=ZOE).wait()
    url = notices(caught)[0]["data"]["item"]["source"]["attachments"][0]["url"]
    assert requests.get(url, timeout=5).content == b"x"
    assert requests.get(url.partition("?")[0], timeout=5).status_code == 404


def test_teammates_deletions_and_redactions_are_told(
    intercom: IntercomTwin, caught: Catcher
) -> None:
    intercom.customer_says("one", customer=ZOE)
    intercom.customer_says("two", customer=ZOE)
    intercom.teammate_writes("524", "by hand")
    intercom.redacts("524", intercom.conversations["524"].parts[0].id)
    intercom.deletes("524").wait()
    by_hand, redacted, deleted = notices(caught)[-3:]
    (part,) = by_hand["data"]["item"]["conversation_parts"]["conversation_parts"]
    assert (part["author"]["id"], part["app_package_code"]) == (TEAMMATE.id, None)
    assert redacted["topic"] == "conversation_part.redacted"
    assert deleted["data"]["item"] == {"type": "conversation", "id": "524"}
