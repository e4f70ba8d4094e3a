"""What Zendesk really answers about webhooks and triggers, and how `setup` reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connector.errors import Transient
from connector.helpdesks.zendesk.desk import Zendesk
from connector.helpdesks.zendesk.pieces import BODY, webhook_name
from connector.upkeep import Mark, Site
from tests.helpdesks.conftest import SECRETS
from tests.helpdesks.fake import Fake, Fault

SITE = Site("main", "https://connector.example.com/webhooks/helpdesks/main", {"pause": "bot_pause"})
NUMBER = "01HANAHF77W3MWXQGFPKBA5WNH"
WEBHOOK = {
    "id": NUMBER, "name": "Somebody renamed it", "endpoint": SITE.url, "http_method": "POST",
    "request_format": "json", "status": "active", "subscriptions": ["conditional_ticket_events"],
}  # fmt: skip
TRIGGER: dict[str, Any] = {
    "id": 6164111062810, "title": "Connector (main): tell that a ticket changed", "active": True,
    "conditions": {"all": [{"field": "current_via_id", "operator": "is_not", "value": 5},
                           {"field": "update_type", "operator": "is", "value": "Change"}], "any": []},
    "actions": [{"field": "notification_webhook",
                 "value": [NUMBER, '{ "ticket_id": "{{ticket.id}}" }']}],
    "description": None, "position": 2, "raw_title": "x", "category_id": "6130869158682",
}  # fmt: skip


def answers(fake: Fake, **lists: list[dict[str, Any]]) -> None:
    for name, rows in lists.items():
        body = {name: rows, "meta": {"has_more": False}}
        fake.faults.append(Fault("GET", rf"/api/v2/{name}$", 200, body, always=True))


def looked(desk: Zendesk) -> dict[str, Any]:
    return {piece.about: piece.look() for piece in desk.pieces(SITE)}


def test_another_order_number_or_spacing_is_no_difference(desk: Zendesk, fake: Fake) -> None:
    answers(fake, webhooks=[WEBHOOK], triggers=[TRIGGER], macros=[])
    found = looked(desk)
    assert found["webhook"].is_right
    assert found["trigger"].is_right
    assert not found["macro: pause"].exists


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"active": False}, "active"),
        ({"conditions": {"all": TRIGGER["conditions"]["all"][:1], "any": []}}, "all of"),
        (
            {"conditions": {**TRIGGER["conditions"], "any": [TRIGGER["conditions"]["all"][0]]}},
            "any of",
        ),
        ({"actions": [{"field": "notification_webhook", "value": ["01OTHER", BODY]}]}, "webhook"),
        ({"actions": [*TRIGGER["actions"], {"field": "status", "value": "open"}]}, "actions"),
        ({"actions": [{"field": "notification_webhook", "value": [NUMBER, "{}"]}]}, "body"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_a_trigger_may_not_be(
    desk: Zendesk, fake: Fake, changed: dict[str, Any], named: str
) -> None:
    answers(fake, webhooks=[WEBHOOK], triggers=[TRIGGER | changed])
    assert [d.name for d in looked_at(desk, "trigger").differences] == [named]


def looked_at(desk: Zendesk, about: str) -> Any:
    return next(p for p in desk.pieces(SITE) if p.about == about).look()


def test_a_webhook_of_our_name_elsewhere_is_moved_and_an_event_subscription_is_not_ours(
    desk: Zendesk, fake: Fake
) -> None:
    moved = WEBHOOK | {"name": webhook_name(SITE), "endpoint": "https://old.example.com/x"}
    events = WEBHOOK | {"id": "01EVENTS", "subscriptions": ["zen:event-type:ticket.merged"]}
    answers(fake, webhooks=[events, moved])
    piece = next(p for p in desk.pieces(SITE) if p.about == "webhook")
    assert [d.name for d in piece.look().differences] == ["endpoint"]
    fake.faults.append(Fault("PATCH", "/webhooks/", 204, ""))
    piece.make()
    (sent,) = fake.calls("PATCH", f"/webhooks/{NUMBER}$")
    assert sent.body == {"webhook": {"endpoint": SITE.url}}


def test_all_pages_are_read(desk: Zendesk, fake: Fake) -> None:
    first = {"webhooks": [], "meta": {"has_more": True, "after_cursor": "next"}}
    fake.faults.append(Fault("GET", "/webhooks$", 200, first))
    answers(fake, webhooks=[WEBHOOK])
    assert looked_at(desk, "webhook").is_right
    asked = [s.query for s in fake.calls("GET", "/webhooks$")]
    assert [q.get("page[after]") for q in asked] == [None, "next"]


def test_a_failure_is_no_empty_list(desk: Zendesk, fake: Fake) -> None:
    """Else a second webhook would be made."""
    fake.faults.append(Fault("GET", "/webhooks$", 500, {"error": "x"}, always=True))
    with pytest.raises(Transient):
        looked_at(desk, "webhook")


@pytest.mark.parametrize(
    ("secret", "mark", "new"),
    [(SECRETS[0], Mark.NOTE, None), ("canary-other", Mark.WRONG, "canary-other")],
    ids=["configured", "not configured"],
)
def test_the_secret_is_compared_and_never_told(
    desk: Zendesk, fake: Fake, secret: str, mark: Mark, new: str | None
) -> None:
    answers(fake, webhooks=[WEBHOOK])
    told = {"signing_secret": {"algorithm": "SHA256", "secret": secret}}
    fake.faults.append(Fault("GET", "/signing_secret$", 200, told, always=True))
    check = next(c for c in desk.checks(SITE) if c.about == "secret")
    found = check.look()
    assert found.mark == mark
    assert secret not in repr(found)
    assert desk.new_secret(SITE) == new


@pytest.mark.vendor
def test_recorded_lists_are_read(desk: Zendesk, fake: Fake, vendor: Path) -> None:
    def body(name: str, number: int) -> Any:
        text = (vendor / "zendesk" / "recorded" / f"{name}.json").read_text()
        return json.loads(text)["exchanges"][number]["response"]["body"]

    hooks = body("TestWebhooks.test_list_webhooks-list", 1)
    rules = body("TestTriggers.test_values", 0)
    secret = body("TestWebhooks.test_webhook_show_secret-show-secret", 1)
    hooks["webhooks"][0]["endpoint"] = SITE.url
    fake.faults += [
        Fault("GET", "/webhooks$", 200, hooks, always=True),
        Fault("GET", "/triggers$", 200, rules, always=True),
        Fault("GET", "/signing_secret$", 200, secret, always=True),
    ]
    # It is ours by its address, and a webhook that sends GET is no use.
    assert [d.name for d in looked_at(desk, "webhook").differences] == ["http_method"]
    assert not looked_at(desk, "trigger").exists
    assert desk.new_secret(SITE) == secret["signing_secret"]["secret"]
    guards = next(c for c in desk.checks(SITE) if c.about == "loop guards")
    assert guards.look().mark == Mark.WELL
