"""Two Zendesk accounts in one process, whose tickets have the same numbers; and who comes uninvited."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connector import bootstrap, log
from connector.log import Fact
from connector.sandbox.faults import Fault
from connector.sandbox.stage import Stage
from connector.sandbox.twilio.twin import TwilioTwin
from connector.sandbox.zendesk.tickets import Known
from connector.sandbox.zendesk.twin import ZendeskTwin
from connector.settings import load
from tests.scenarios.world import CUSTOMER, PLEA, ROOT, World, free_port, serving

SID, NUMBER, BUYER = "AC" + "1" * 32, "+12025550199", "+12025550177"
BRANDS = {"main": 360002, "west": 370002}
WEST = """
  west:
    kind: zendesk
    subdomain: northwind-west
    api_token: {email: api@example.com, token: "${WEST_TOKEN}"}
    webhook_secrets: ["${WEST_SECRET}"]
    base_url: ${WEST_URL}

bots:"""
CHANNEL = """
  sms-west:
    kind: twilio
    account_sid: ${WEST_SID}
    auth_tokens: ["${WEST_SMS_TOKEN}"]
    number: "+12025550199"
    base_url: ${WEST_SMS_URL}
    bot: support
    helpdesk: west
    ticket: {brand: 370002}
"""


@dataclass
class Two:
    """The usual account, and a second one with a number of its own."""

    main: World
    zendesk: ZendeskTwin
    twilio: TwilioTwin
    facts: list[Fact]

    def says(self, text: str) -> None:
        assert self.twilio.customer_says(text, from_=BUYER).wait() == 200

    def phone(self) -> list[str]:
        shown = self.twilio.conversation(BUYER)
        return [m.text for m in shown if m.direction == "outbound"]

    def hears(self, number: int) -> list[str]:
        return self.main.until(
            lambda: got if len(got := self.phone()) >= number else [], f"{number} on that phone"
        )

    def ticket(self) -> int:
        return self.main.until(lambda: [t.id for t in self.zendesk.tickets()], "a ticket there")[0]

    def both(self) -> int:
        """Two customers with an agent each; the number that both tickets have."""
        self.main.says(PLEA)
        self.says(PLEA)
        assert self.main.ticket() == self.ticket()
        self.main.hears(1)
        self.hears(1)
        self.main.rests()
        return self.ticket()

    def post(self, account: str, body: Any, secret: str) -> int:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        stamp = datetime.now(UTC).isoformat()
        digest = hmac.new(secret.encode(), stamp.encode() + raw, hashlib.sha256).digest()
        headers = {
            "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
            "X-Zendesk-Webhook-Signature-Timestamp": stamp,
            "Content-Type": "application/json",
        }
        url = f"{self.main.url}/webhooks/helpdesks/{account}"
        return requests.post(url, raw, headers=headers, timeout=5).status_code


def config(folder: Path) -> Path:
    text = (ROOT / "config" / "sandbox.yaml").read_text()
    text = text.replace("\nbots:", WEST, 1).replace(
        "      group: 360001\n", "      brand: 360002\n"
    )
    for name in ("prompts", "knowledge"):
        (folder / name).symlink_to(ROOT / "config" / name)
    file = folder / "channels.yaml"
    file.write_text(text + CHANNEL)
    return file


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        stage = stack.enter_context(Stage(url))
        zendesk = stack.enter_context(ZendeskTwin(
            api_token=("api@example.com", "west-token"), webhook_secret="west-secret",
            webhook_url=f"{url}/webhooks/helpdesks/west", changes=stage.changes,
            known=Known(brands=(BRANDS["west"],)),
        ))  # fmt: skip
        twilio = stack.enter_context(TwilioTwin(
            SID, "west-sms", NUMBER, f"{url}/webhooks/channels/sms-west", changes=stage.changes
        ))  # fmt: skip
        environ = stage.environ(f"sqlite:///{tmp_path}/connector.db") | {
            "WEST_TOKEN": "west-token", "WEST_SECRET": "west-secret", "WEST_URL": zendesk.url,
            "WEST_SID": SID, "WEST_SMS_TOKEN": "west-sms", "WEST_SMS_URL": twilio.url,
        }  # fmt: skip
        facts: list[Fact] = []
        log.set_up()
        stack.callback(log.tap(facts.append))
        connector = bootstrap.build(
            load(config(tmp_path), environ), settle_after=timedelta(seconds=1)
        )
        stack.enter_context(serving(connector, port))
        yield Two(World(stage, url), zendesk, twilio, facts)


def test_what_happens_in_one_account_stays_there(two: Two) -> None:
    number = two.both()
    two.zendesk.agent_replies(number, "From the west", author="Wes").wait()
    assert two.hears(2)[1:] == ["Wes: From the west"]
    two.main.stage.zendesk.agent_replies(number, "From the main desk", author="Ana").wait()
    assert two.main.hears(2)[1:] == ["Ana: From the main desk"]
    two.says("Thank you, west")
    two.main.says("Thank you, main")
    two.main.public(number, 2)
    two.main.until(lambda: "Thank you, west" in west_comments(two), "the west's comment")
    assert "Thank you, main" in two.main.comments(number, public=True)
    assert "Thank you, west" not in two.main.comments(number, public=True)
    assert "Thank you, main" not in west_comments(two)
    # Solved there: here an agent still has the customer.
    two.zendesk.set_status(number, "solved", by="Wes").wait()
    two.hears(3)
    two.main.rests()
    two.main.says("Are you still there?")
    two.main.until(
        lambda: "Are you still there?" in two.main.comments(number, public=True), "the question"
    )
    assert len(two.main.phone()) == 2


def west_comments(two: Two) -> list[str]:
    (ticket,) = two.zendesk.tickets()
    return [c.plain for c in ticket.comments if c.public]


def test_each_channel_has_its_brand_and_each_account_its_sign_in(two: Two) -> None:
    two.both()
    for zendesk, name in ((two.main.stage.zendesk, "main"), (two.zendesk, "west")):
        (ticket,) = zendesk.tickets_.all()
        assert ticket.facts["brand_id"] == BRANDS[name]
    told = [f for f in two.facts if f["event"] == "api_token_ends"]
    assert [(f["helpdesk"], f["ends"]) for f in told] == [("west", "2027-04-30")]


def test_uninvited_webhooks_change_nothing_and_leave_a_line_each(two: Two) -> None:
    """Another account's secret or ticket, an unknown one, a forged status, missing fields."""
    number = two.both()
    east = "east-secret"
    event = {
        "type": "zen:event-type:ticket.status_changed", "subject": f"zen:ticket:{number}",
        "detail": {"id": str(number), "status": "SOLVED"},
        "event": {"current": "SOLVED", "comment": {"body": "canary", "is_public": True}},
    }  # fmt: skip
    rows: list[tuple[str, Any, str, int]] = [
        ("main", {"ticket_id": str(number)}, "west-secret", 401),
        ("west", {"ticket_id": str(number)}, east, 401),
        ("nowhere", {"ticket_id": str(number)}, "west-secret", 404),
        ("west", {"ticket_id": "4711"}, "west-secret", 200),
        ("west", {"ticket": number}, "west-secret", 400),
        ("west", {"type": event["type"], "detail": {}}, "west-secret", 400),
        ("west", b"{", "west-secret", 400),
        ("west", event, "west-secret", 200),
    ]
    for account, body, secret, status in rows:
        before = len(two.facts)
        assert two.post(account, body, secret) == status, (account, body)
        # Receipts of texts that went out before come when they like.
        lines = [f for f in two.facts[before:] if "webhook" in f["event"] and "channel" not in f]
        assert len(lines) == 1, lines
    two.main.rests()
    # Read from the API, the ticket is as open as before, and nothing was said.
    two.says("Still with you?")
    two.main.until(lambda: "Still with you?" in west_comments(two), "the question")
    assert (len(two.phone()), len(two.main.phone())) == (1, 1)
    assert "canary" not in repr(two.facts)


def test_a_connection_reset_after_processing_is_one_update(two: Two) -> None:
    number = two.both()
    two.main.stage.zendesk.faults.add("PUT /api/v2/tickets/*", Fault(reset=True, when="after"))
    two.main.says("Is anybody there?")
    two.main.until(
        lambda: "Is anybody there?" in two.main.comments(number, public=True), "the comment"
    )
    two.main.rests()
    assert two.main.comments(number, public=True).count("Is anybody there?") == 1
    ticket = two.main.stage.zendesk.tickets_.get(number)
    assert sum(e["type"] == "Comment" and "anybody" in e["body"]
               for a in ticket.audits for e in a["events"]) == 1  # fmt: skip


def test_a32_a_suspended_customer_s_plea_becomes_a_ticket_and_an_alert(two: Two) -> None:
    two.zendesk.users.make({"name": "Bo", "phone": BUYER, "suspended": True})
    two.says(PLEA)
    number = two.ticket()
    two.hears(1)
    two.main.rests()
    (ticket,) = two.zendesk.tickets()
    assert any("suspended user" in c.plain for c in ticket.comments if not c.public)
    assert two.main.metric("connector_alerts_total") >= 1
    (alert,) = [f for f in two.facts if f["event"] == "alert"]
    assert (alert["level"], alert["owner"]) == ("error", "west")
    assert alert["kind"] == "ticket_without_suspended_requester"
    two.zendesk.agent_replies(number, "Hello Bo", author="Wes").wait()
    assert two.hears(2)[1:] == ["Wes: Hello Bo"]


def test_tokens_that_are_revoked_or_end_cost_nothing(two: Two) -> None:
    number = two.both()
    two.main.stage.zendesk.api.forget_tokens()
    two.main.stage.zendesk.agent_replies(number, "One", author="Ana").wait()
    two.main.hears(2)
    two.main.says("Two", CUSTOMER)
    two.main.public(number, 2)
    asked = [r for r in two.main.stage.zendesk.requests if r.path == "/oauth/tokens"]
    assert len(asked) == 2
