"""The twin of Zendesk, driven by the real zenpy and by plain HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from werkzeug.wrappers import Response
from zenpy import Zenpy
from zenpy.lib.api_objects import Comment, Ticket, User
from zenpy.lib.exception import APIException

from connector.sandbox.zendesk.refusals import RefusedError
from connector.sandbox.zendesk.twin import ZendeskTwin
from tests.sandbox.catcher import Catcher, catching

TOKEN, SECRET = ("api@example.com", "token"), "signing"


@pytest.fixture
def caught() -> Iterator[Catcher]:
    with catching() as catcher:
        yield catcher


@pytest.fixture
def twin(caught: Catcher) -> Iterator[ZendeskTwin]:
    with ZendeskTwin(
        api_token=TOKEN, oauth_clients={"c": "s"}, webhook_url=caught.url, webhook_secret=SECRET
    ) as twin:
        yield twin


@pytest.fixture
def zenpy(twin: ZendeskTwin, monkeypatch: pytest.MonkeyPatch) -> Zenpy:
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", urlsplit(twin.url).netloc)
    return Zenpy(subdomain="acme", email=TOKEN[0], token=TOKEN[1], disable_cache=True)


def opened(zenpy: Zenpy, **more: Any) -> int:
    note = Comment(html_body="<p>note</p>", public=False)
    asked = Ticket(subject="s", comment=note, requester=User(name="Robin"), **more)
    return int(zenpy.tickets.create(asked).ticket.id)


def call(twin: ZendeskTwin, method: str, path: str, **more: Any) -> requests.Response:
    auth = (f"{TOKEN[0]}/token", TOKEN[1])
    return requests.request(method, f"{twin.url}/api/v2/{path}", auth=auth, timeout=5, **more)


def test_a_ticket_and_a_comment_as_zenpy_writes_them(twin: ZendeskTwin, zenpy: Zenpy) -> None:
    person = zenpy.users.create_or_update(
        User(name="Robin", external_id="E1", phone="+12025550147")
    )
    again = zenpy.users.create_or_update(User(name="Robin B", external_id="e1"))
    assert again.id == person.id
    number = opened(zenpy, external_id="ep1", priority="high", tags=["sms"])
    update = Ticket(
        id=number,
        comment=Comment(html_body="hi", public=True, author_id=person.id),
        metadata={"connector": {"key": "k"}},
    )
    events = zenpy.tickets.update(update).audit.events
    (seen,) = twin.tickets()
    assert (seen.external_id, seen.priority, seen.tags) == ("ep1", "high", ("sms",))
    assert [(c.author, c.public, c.plain) for c in seen.comments] == [
        ("Robin", False, "note"),
        ("Robin B", True, "hi"),
    ]
    assert seen.comments[1].metadata["custom"] == {"connector": {"key": "k"}}
    ids = [e["id"] if isinstance(e, dict) else e.id for e in events]
    assert seen.comments[1].id in ids


def test_the_same_key_twice_is_one_ticket(twin: ZendeskTwin) -> None:
    body = {"ticket": {"subject": "s", "comment": {"body": "b"}}}
    key = {"Idempotency-Key": "k"}
    first, second = (call(twin, "POST", "tickets", json=body, headers=key) for _ in "12")
    lookups = [a.headers["x-idempotency-lookup"] for a in (first, second)]
    assert lookups == ["miss", "hit"]
    assert first.json() == second.json()
    body["ticket"]["subject"] = "other"
    assert call(twin, "POST", "tickets", json=body, headers=key).status_code == 400
    assert len(twin.tickets()) == 1


@pytest.mark.parametrize(
    "ticket",
    [
        {"subject": "no comment"},
        {"comment": {"body": "b"}, "priority": "very high"},
        {"comment": {"body": "b", "author_id": 999}},
        {"comment": {"body": "b", "uploads": ["never"]}},
        {"comment": {"body": " "}},
    ],
)
def test_a_wrong_ticket_is_refused_and_leaves_nothing(
    twin: ZendeskTwin, ticket: dict[str, Any]
) -> None:
    assert call(twin, "POST", "tickets.json", json={"ticket": ticket}).status_code == 422
    assert twin.tickets() == []


def test_a_closed_ticket_takes_nothing(twin: ZendeskTwin, zenpy: Zenpy) -> None:
    number = opened(zenpy)
    twin.set_status(number, "closed")
    with pytest.raises(APIException) as refused:
        zenpy.tickets.update(Ticket(id=number, comment=Comment(body="late")))
    assert "closed prevents ticket update" in refused.value.response.text
    with pytest.raises(RefusedError):
        twin.agent_replies(number, "late")


def test_placeholders_expand_and_scripts_do_not_run(twin: ZendeskTwin, zenpy: Zenpy) -> None:
    number = opened(zenpy)
    twin.agent_replies(number, "ticket {{ticket.id}}  <b>x</b>")
    html = "<p onclick='x()'>&#123;&#123;ticket.id&#125;&#125;<script>evil()</script></p>"
    twin.agent_replies(number, "", html=html)
    plain, rich = twin.tickets()[0].comments[1:]
    assert plain.plain == f"ticket {number} x"
    assert rich.plain == "{{ticket.id}}"
    assert "script" not in rich.html
    assert "onclick" not in rich.html


def test_comments_are_paged_newest_first_with_their_authors(
    twin: ZendeskTwin, zenpy: Zenpy
) -> None:
    number = opened(zenpy)
    for text in ("one", "two", "three"):
        twin.agent_replies(number, text)
    query = {"sort": "-created_at", "page[size]": "3", "include": "users"}
    page = call(twin, "GET", f"tickets/{number}/comments.json", params=query).json()
    assert [c["plain_body"] for c in page["comments"]] == ["three", "two", "one"]
    assert [u["name"] for u in page["users"]] == ["Ana"]
    assert page["meta"]["has_more"] is True
    query["page[after]"] = page["meta"]["after_cursor"]
    rest = call(twin, "GET", f"tickets/{number}/comments.json", params=query).json()
    assert [c["plain_body"] for c in rest["comments"]] == ["note"]
    query["page[size]"] = "101"
    assert call(twin, "GET", f"tickets/{number}/comments", params=query).status_code == 400


def test_every_change_is_told_with_a_signature(
    twin: ZendeskTwin, zenpy: Zenpy, caught: Catcher
) -> None:
    number = opened(zenpy)
    twin.agent_notes(number, "private").wait()
    twin.agent_replies(number, "public", solve=True).wait()
    assert [json.loads(body) for _, body in caught.posts] == [{"ticket_id": str(number)}] * 3
    headers, body = caught.posts[-1]
    stamp = headers["x-zendesk-webhook-signature-timestamp"].encode()
    right = base64.b64encode(hmac.new(SECRET.encode(), stamp + body, hashlib.sha256).digest())
    assert headers["x-zendesk-webhook-signature"] == right.decode()
    assert twin.tickets()[0].status == "solved"


@pytest.mark.parametrize(
    ("answers", "posts"),
    [
        ([Response(status=500)], 1),
        ([Response(status=409)] * 9, 4),
        ([Response(status=503)], 1),
        ([Response(status=503, headers={"Retry-After": "0"})], 2),
        ([Response(status=429, headers={"Retry-After": "60"})], 1),
    ],
)
def test_the_webhook_is_retried_as_zendesk_does(
    twin: ZendeskTwin, zenpy: Zenpy, caught: Catcher, answers: list[Response], posts: int
) -> None:
    caught.answers = list(answers)
    opened(zenpy)
    assert twin.courier.idle()
    assert len(caught.posts) == posts


def test_tokens_are_asked_for_expire_and_are_revoked(twin: ZendeskTwin) -> None:
    asked = {"grant_type": "client_credentials", "client_id": "c", "client_secret": "s"}
    answer = requests.post(f"{twin.url}/oauth/tokens", json=asked, timeout=5).json()
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    url = f"{twin.url}/api/v2/users/me.json"
    assert requests.get(url, headers=bearer, timeout=5).status_code == 200
    twin.api.forget_tokens()
    assert requests.get(url, headers=bearer, timeout=5).status_code == 401
    wrong = requests.post(
        f"{twin.url}/oauth/tokens", json=asked | {"client_secret": "x"}, timeout=5
    )
    assert wrong.status_code == 401
    assert requests.get(url, timeout=5).status_code == 401


def test_a_light_agent_writes_notes_only(twin: ZendeskTwin, zenpy: Zenpy) -> None:
    number = opened(zenpy)
    twin.light_agent("Lee")
    twin.agent_replies(number, "meant for all", author="Lee")
    assert twin.tickets()[0].comments[-1].public is False


def test_many_tickets_at_once_and_those_that_are_deleted_left_out(
    twin: ZendeskTwin, zenpy: Zenpy
) -> None:
    first, second, gone = (opened(zenpy) for _ in range(3))
    twin.delete(gone)
    for path in ("tickets/show_many.json", "tickets/show_many"):
        found = call(twin, "GET", path, params={"ids": f"{first},{gone},{second}"}).json()
        assert [t["id"] for t in found["tickets"]] == [first, second]
        assert {"updated_at", "status"} <= set(found["tickets"][0])
    for ids in ("", "1,x", ",".join(map(str, range(101)))):
        assert call(twin, "GET", "tickets/show_many", params={"ids": ids}).status_code == 400


def test_a_twin_that_tells_nothing(twin: ZendeskTwin, zenpy: Zenpy, caught: Catcher) -> None:
    number = opened(zenpy)
    assert twin.courier.idle()
    told = len(caught.posts)
    twin.tell(False)
    assert twin.agent_replies(number, "public").wait() is None
    twin.tell(True)
    twin.agent_replies(number, "public").wait()
    assert len(caught.posts) == told + 1


def test_the_history_is_for_admins_and_its_last_minute_hidden(
    twin: ZendeskTwin, zenpy: Zenpy
) -> None:
    number, now = opened(zenpy), twin.now
    path, query = "incremental/ticket_events.json", {"start_time": int(now().timestamp()) - 90}
    assert call(twin, "GET", path, params=query).json()["ticket_events"] == []
    twin.now = lambda: now() + timedelta(minutes=2)
    (event,) = call(twin, "GET", path, params=query).json()["ticket_events"]
    assert event["ticket_id"] == number
    soon = {"start_time": int(twin.now().timestamp()) - 30}
    assert call(twin, "GET", path, params=soon).status_code == 400
    twin.api_user["role"] = "agent"
    assert call(twin, "GET", path, params=query).status_code == 403


def test_a_merge_closes_the_source_and_says_on_both_where_it_went(
    twin: ZendeskTwin, zenpy: Zenpy
) -> None:
    source, target = opened(zenpy), opened(zenpy)
    for delivery in twin.merge(source, target):
        assert delivery.wait() == 200
    ticket = call(twin, "GET", f"tickets/{source}.json").json()["ticket"]
    assert (ticket["status"], "closed_by_merge" in ticket["tags"]) == ("closed", True)
    last = call(twin, "GET", f"tickets/{source}/comments.json").json()["comments"][-1]
    assert (last["public"], last["via"]["source"]["rel"]) == (False, "merge")
    assert f"merged into request #{target}" in last["body"]
    came = call(twin, "GET", f"tickets/{target}/comments.json").json()["comments"][-1]
    assert f"#{source}" in came["body"]
    with pytest.raises(RefusedError):
        twin.merge(target, source)
    with pytest.raises(APIException):
        zenpy.tickets.update(Ticket(id=source, comment=Comment(body="late")))


def test_spam_deletes_the_ticket_and_suspends_who_wrote_it(twin: ZendeskTwin, zenpy: Zenpy) -> None:
    number = opened(zenpy)
    requester = twin.tickets_.get(number).facts["requester_id"]
    twin.mark_as_spam(number)
    assert call(twin, "GET", f"tickets/{number}.json").status_code == 404
    assert call(twin, "GET", f"users/{requester}.json").json()["user"]["suspended"] is True


def test_macros_set_tags_and_the_api_takes_them_off(twin: ZendeskTwin, zenpy: Zenpy) -> None:
    number = opened(zenpy)
    twin.apply_macro(number, "Hand back to the bot")
    twin.apply_macro(number, "Keep the bot out")
    assert {"bot_resume", "bot_pause"} <= set(twin.tickets()[-1].tags)
    zenpy.tickets.delete_tags(number, ["bot_resume"])
    assert "bot_resume" not in twin.tickets()[-1].tags
    with pytest.raises(RefusedError):
        twin.apply_macro(number, "No such macro")


def test_a_refresh_token_is_traded_in_once_and_ends_what_came_before(twin: ZendeskTwin) -> None:
    def trade(token: str) -> requests.Response:
        asked = {"grant_type": "refresh_token", "client_id": "c", "client_secret": "s"}
        return requests.post(
            f"{twin.url}/oauth/tokens", json=asked | {"refresh_token": token}, timeout=5
        )

    def works(token: str) -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{twin.url}/api/v2/users/me.json"
        return requests.get(url, headers=headers, timeout=5).status_code == 200

    first = trade(twin.api.signing.authorised()).json()
    assert works(first["access_token"])
    second = trade(first["refresh_token"]).json()
    assert works(second["access_token"])
    assert not works(first["access_token"])
    again = trade(first["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    now = twin.now()
    twin.now = lambda: now + timedelta(minutes=31)
    assert not works(second["access_token"])
    twin.now = lambda: now + timedelta(days=31)
    assert trade(second["refresh_token"]).status_code == 400


def test_the_31st_update_of_a_ticket_within_10_minutes_waits(
    twin: ZendeskTwin, zenpy: Zenpy
) -> None:
    ticket, other = opened(zenpy), opened(zenpy)
    now = twin.now()
    twin.now = lambda: now

    def update(number: int) -> requests.Response:
        comment = {"comment": {"html_body": "<p>x</p>", "public": False}}
        return call(twin, "PUT", f"tickets/{number}", json={"ticket": comment})

    assert {update(ticket).status_code for _ in range(30)} == {200}
    refused = update(ticket)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "600")
    assert update(other).status_code == 200
    twin.now = lambda: now + timedelta(minutes=10)
    assert update(ticket).status_code == 200


def test_a_suspended_requester_gets_no_ticket(twin: ZendeskTwin) -> None:
    person = twin.users.make({"name": "Bo", "suspended": True})["id"]
    asked = {"subject": "s", "requester_id": person, "comment": {"html_body": "<p>x</p>"}}
    refused = call(twin, "POST", "tickets", json={"ticket": asked})
    assert (refused.status_code, refused.json()["error"]) == (422, "RecordInvalid")
    assert not twin.tickets()
