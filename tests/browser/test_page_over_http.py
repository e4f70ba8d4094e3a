"""Who may talk to the page, and what its answers say, without a browser."""

from datetime import UTC, datetime

import pytest
import requests

from connector.sandbox.page.facts import RecentFacts
from connector.sandbox.page.sentences import sentence
from connector.sandbox.page.sources import Fact

from .story import ANA, Story


def says(url: str, **headers: str) -> requests.Response:
    body = {"customer": ANA, "text": "Hi"}
    return requests.post(f"{url}customer/says", json=body, headers=headers, timeout=5)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "["])
def test_another_host_name_is_refused(url: str, host: str) -> None:
    assert requests.get(f"{url}state", headers={"Host": host}, timeout=5).status_code in {400, 403}


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_another_origin_is_refused(url: str, story: Story, origin: str) -> None:
    assert says(url, Origin=origin).status_code == 403
    assert requests.delete(f"{url}faults", headers={"Origin": origin}, timeout=5).status_code == 403
    assert story.conversation(ANA) == []


def test_the_own_origin_may_write(url: str, story: Story) -> None:
    assert says(url, Origin=url.rstrip("/")).status_code == 204
    assert len(story.conversation(ANA)) == 1


@pytest.mark.parametrize("path", ["", "state", "static/js/main.js", "nowhere"])
def test_every_answer_carries_the_policy(url: str, path: str) -> None:
    headers = requests.get(url + path, timeout=5).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("customer/says", {"customer": ANA, "text": "   "}, 422),
        ("customer/says", {"customer": ANA, "text": "x" * 1601}, 422),
        ("customer/says", ["text"], 422),
        ("customer/says", {"customer": "+1", "text": "Hi"}, 404),
        ("customer/says", {"customer": ANA, "text": "x" * 70_000}, 413),
        ("agent/tickets/99/comment", {"text": "Hi", "public": True}, 404),
        ("agent/tickets/99/comment", {"text": "Hi"}, 422),
        ("agent/tickets/99/status", {"status": "open"}, 404),
        ("agent/tickets/12/status", {"status": "deleted"}, 422),
        ("agent/tickets/99/action", {"action": "Keep the bot out"}, 404),
        ("agent/tickets/12/action", {"action": "Buy a boat"}, 422),
        ("agent/tickets/12/action", {"action": "Merge", "into": 99}, 404),
        ("faults", {"twin": "moon", "operation": "x", "kind": "delay", "times": 1}, 422),
        ("faults", {"twin": "twilio", "operation": "send_message", "kind": "x", "times": 1}, 422),
    ],
)
def test_wrong_orders_are_refused_with_a_sentence(
    url: str, path: str, body: object, status: int
) -> None:
    answer = requests.post(url + path, json=body, timeout=5)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_a_tab_from_the_last_run_is_answered_at_once(url: str) -> None:
    now = requests.get(f"{url}state?since=999&run=other", timeout=5)
    assert now.status_code == 200
    assert now.json()["version"] == 0


def test_an_unknown_fact_is_told_in_its_own_words() -> None:
    told = sentence(Fact(1, datetime.now(UTC), "lane_woken", {"lane": "c1/in", "event": "x"}))
    assert [part.text for part in told.parts] == ["Lane woken"]
    assert told.rest == {"lane": "c1/in"}


def test_a_fact_that_lacks_a_field_is_told_without_it() -> None:
    told = sentence(Fact(1, datetime.now(UTC), "handoff_decided", {"conversation": "c1"}))
    assert "".join(part.text for part in told.parts) == "Handing over to a person"


def test_only_the_newest_facts_are_kept_and_keep_their_numbers() -> None:
    changes: list[int] = []
    recent = RecentFacts(lambda: changes.append(1), keep=2)
    for name in ("one", "two", "three"):
        recent.add(name, conversation="c1")
    assert [(fact.id, fact.name) for fact in recent.facts()] == [(2, "two"), (3, "three")]
    assert len(changes) == 3


def test_a_log_line_is_told_without_what_every_line_has() -> None:
    recent = RecentFacts(lambda: None)
    recent.hear({"event": "webhook_stored", "level": "info", "timestamp": "x", "channel": "sms"})
    fact = recent.facts()[0]
    assert (fact.name, fact.fields) == ("webhook_stored", {"channel": "sms"})


@pytest.mark.parametrize(
    ("name", "fields", "told"),
    [
        ("holder_changed", {"holder": "WithAgent"}, "The conversation is now with an agent"),
        ("holder_changed", {"holder": "bot"}, "The conversation is now with the bot"),
        ("triggers_considered", {"fired": []}, "Should a person take over? No reason was found"),
        (
            "call_buried",
            {"call": "SendText", "attempts": 8},
            "Given up after 8 attempts: send text",
        ),
        ("helpdesk_webhook", {"tickets": [1, 2]}, "Zendesk says that ticket #1, #2 has changed"),
        (
            "webhook_stored",
            {"kind": "ReceiptArrived", "channel": "sms"},
            "sms reported on a delivery",
        ),
    ],
)
def test_facts_are_told_as_sentences(name: str, fields: dict[str, object], told: str) -> None:
    parts = sentence(Fact(1, datetime.now(UTC), name, fields)).parts
    assert "".join(part.text for part in parts) == told
