"""What is sent to Twilio, checked against Twilio's own description, and how a loss is settled."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

from connector.channels.base import LooksUpSent, Outbound
from connector.channels.twilio.channel import Twilio
from connector.channels.twilio.config import TwilioConfig
from connector.domain.conversation import Media
from connector.domain.ids import Address, ExternalId
from connector.errors import ProviderError, Rejected, Transient
from tests.channels.given import ACCOUNT, CONFIG, CUSTOMER, NUMBER, SERVICE, TOKEN, config
from tests.contracts.loopback import Loopback, loopback, reply

PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
SID = ExternalId("SM" + "0" * 31 + "7")
NOW = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
HELLO = Outbound("c1.2.1", Address(CUSTOMER), "Héllo & good = 100 % + 📦\nbye")
WITH_MEDIA = replace(
    HELLO,
    media=(
        Media("https://connector.example.com/media/1", "image/png"),
        Media("https://connector.example.com/media/2", "image/png"),
    ),
)


@pytest.fixture
def twilio() -> Iterator[Loopback]:
    with loopback() as server:
        yield server


def at(server: Loopback, **changes: Any) -> Twilio:
    return Twilio(config(base_url=server.url, **changes))


def test_request_as_documented(twilio: Loopback) -> None:
    twilio.then(reply(201, {"sid": SID}))
    assert at(twilio).send(WITH_MEDIA) == SID
    (asked,) = twilio.asked
    assert (asked.method, asked.path) == ("POST", PATH)
    assert sorted(asked.form) == sorted(
        [
            ("To", CUSTOMER),
            ("From", NUMBER),
            ("Body", HELLO.text),
            ("StatusCallback", CONFIG.status_url),
            ("MediaUrl", "https://connector.example.com/media/1"),
            ("MediaUrl", "https://connector.example.com/media/2"),
        ]
    )
    credentials = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    assert asked.headers["authorization"] == f"Basic {credentials}"


def test_service_sends_by_its_sid_and_first_token_calls(twilio: Loopback) -> None:
    """A03, A57."""
    twilio.then(reply(201, {"sid": SID}))
    service = at(
        twilio, number=None, messaging_service=SERVICE, status_url=None, auth_tokens=("new", "old")
    )
    assert service.send(HELLO) == SID
    (asked,) = twilio.asked
    sender = ("MessagingServiceSid", SERVICE)
    assert sorted(asked.form) == sorted([("To", CUSTOMER), sender, ("Body", HELLO.text)])
    credentials = base64.b64encode(f"{ACCOUNT}:new".encode()).decode()
    assert asked.headers["authorization"] == f"Basic {credentials}"


def test_opted_out_is_told_by_code_and_words(twilio: Loopback) -> None:
    """A10, A42."""
    twilio.then(reply(400, {"code": 21610, "message": f"{CUSTOMER} is unsubscribed"}))
    with pytest.raises(Rejected) as refusal:
        at(twilio).send(HELLO)
    assert refusal.value.code == "21610"
    assert "opted out" in refusal.value.meaning


def test_rate_limit_waits_as_told(twilio: Loopback) -> None:
    """A43: also where Twilio says so in its code alone."""
    twilio.then(reply(400, {"code": 21611}, Retry_After="12"))
    with pytest.raises(Transient) as refusal:
        at(twilio).send(HELLO)
    assert refusal.value.retry_after == timedelta(seconds=12)


def test_secrets_do_not_show() -> None:
    assert TOKEN not in repr(CONFIG)
    with pytest.raises(ValueError, match="auth_tokens"):
        config(auth_tokens=())
    with pytest.raises(ValueError, match="auth_tokens"):
        config(auth_tokens=("",))
    with pytest.raises(ValueError, match="number"):
        config(number=None)


def listed(sid: str, created: datetime, **changes: Any) -> dict[str, Any]:
    told = {
        "sid": sid,
        "body": HELLO.text,
        "direction": "outbound-api",
        "date_created": format_datetime(created),
        "date_sent": None,
        "messaging_service_sid": None,
    }
    return {**told, **changes}


def page(*found: dict[str, Any], more: str | None = None) -> dict[str, Any]:
    return {"messages": list(found), "next_page_uri": more}


def looked_up(server: Loopback, *pages: dict[str, Any], **changes: Any) -> ExternalId | None:
    server.then(*(reply(200, each) for each in pages))
    return at(server, **changes).find_sent(HELLO, NOW, frozenset({ExternalId("known")}))


def test_lost_message_is_found(twilio: Loopback) -> None:
    """Of several with the same text, the one that is nobody else's."""
    found = looked_up(
        twilio,
        page(
            listed("known", NOW),
            listed("other-text", NOW, body=HELLO.text + "!"),
            listed("from-the-customer", NOW, direction="inbound"),
            listed("before", NOW - timedelta(seconds=6)),
            listed(SID, NOW - timedelta(seconds=5)),
        ),
    )
    assert found == SID
    (asked,) = twilio.asked
    assert asked.path == PATH
    assert dict(asked.query) == {"To": CUSTOMER, "From": NUMBER, "PageSize": "100"}


def test_message_that_was_not_taken_is_not_found(twilio: Loopback) -> None:
    assert looked_up(twilio, page()) is None
    assert looked_up(twilio, page(listed("old", NOW - timedelta(hours=1)), more="/next")) is None
    assert looked_up(twilio, page(listed("x", NOW, date_created="?"))) is None
    assert len(twilio.asked) == 3, "no page is read that must be older"


def test_looks_on_until_the_messages_are_older(twilio: Loopback) -> None:
    young = [listed(f"SM{n}", NOW, body="another") for n in range(3)]
    more = f"{PATH}?Page=1&PageToken=PA%2B1"
    assert looked_up(twilio, page(*young, more=more), page(listed(SID, NOW))) == SID
    assert twilio.asked[1].path == PATH
    assert dict(twilio.asked[1].query) == {"Page": "1", "PageToken": "PA+1"}


def test_endless_pages_are_no_answer(twilio: Loopback) -> None:
    endless = [page(listed("x", NOW, body="another"), more=PATH)] * 20
    with pytest.raises(Transient):
        looked_up(twilio, *endless)
    assert len(twilio.asked) == 20


@pytest.mark.parametrize("more", ["https://evil.example/next", "next", 7])
def test_next_page_is_never_elsewhere(more: Any, twilio: Loopback) -> None:
    with pytest.raises(Transient):
        looked_up(twilio, page(listed("x", NOW, body="another"), more=more))
    assert len(twilio.asked) == 1


def test_service_finds_its_own_alone(twilio: Loopback) -> None:
    """Another channel of this account may have sent the same words to this customer."""
    others = page(listed("x", NOW), listed(SID, NOW, messaging_service_sid=SERVICE))
    assert looked_up(twilio, others, number=None, messaging_service=SERVICE) == SID
    assert "From" not in dict(twilio.asked[0].query)


def test_trial_accounts_prefix_is_not_another_text(twilio: Loopback) -> None:
    told = "Sent from your Twilio trial account - " + HELLO.text
    assert looked_up(twilio, page(listed(SID, NOW, body=told))) == SID


def test_can_be_asked() -> None:
    assert isinstance(Twilio(CONFIG), LooksUpSent)
    assert Twilio.capabilities.max_text == 1600


@pytest.fixture(scope="module")
def description(vendor: Path) -> tuple[OpenAPI, dict[str, Any]]:
    file = vendor / "twilio" / "twilio_api_v2010.messages.overlay.openapi.json"
    told = json.loads(file.read_text())
    return OpenAPI.from_dict(told), told["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]


@pytest.mark.vendor
@pytest.mark.parametrize("configured", [CONFIG, config(number=None, messaging_service=SERVICE)])
@pytest.mark.parametrize("message", [HELLO, WITH_MEDIA])
@responses.activate
def test_requests_fit_twilios_description(
    description: tuple[OpenAPI, dict[str, Any]], configured: TwilioConfig, message: Outbound
) -> None:
    openapi, path = description
    root = "https://api.twilio.com"
    responses.post(root + PATH, json={"sid": SID}, status=201)
    responses.get(root + PATH, json={"messages": []})
    channel = Twilio(configured)
    channel.send(message)
    channel.find_sent(message, NOW, frozenset())
    sent, asked = (call.request for call in responses.calls)
    for request in (sent, asked):
        openapi.validate_request(RequestsOpenAPIRequest(request))
    # An unknown field would pass the validation silently.
    form = path["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    keys = {pair.partition("=")[0] for pair in str(sent.body).split("&")}
    assert keys <= set(form["properties"])
    query = {p["name"] for p in path["get"]["parameters"] if p["in"] == "query"}
    assert {name for name, _ in parse_qsl(urlsplit(str(asked.url)).query)} <= query


@pytest.mark.vendor
def test_every_constructed_error_is_told_apart(vendor: Path, twilio: Loopback) -> None:
    """A42: what can never go, what goes later, and why."""
    told = json.loads((vendor / "twilio" / "error_bodies.json").read_text())["errors"]
    seen = {}
    for code, error in told.items():
        if error["http"] is None:
            continue  # by a status callback: tests/expected/twilio.json
        twilio.then(reply(error["http"], error["body"]))
        with pytest.raises(ProviderError) as failure:
            at(twilio).send(HELLO)
        assert failure.value.code == code
        seen[code] = type(failure.value)
    later = {"20003", "20429"}
    assert seen == {code: Transient if code in later else Rejected for code in seen}
    assert len(seen) >= 6
