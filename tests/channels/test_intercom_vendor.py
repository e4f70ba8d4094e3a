"""Intercom's samples, read to their expected files; what is sent, against its official description."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

from connector.channels.base import Outbound, WebhookRequest
from connector.channels.intercom.channel import Intercom
from connector.channels.intercom.config import IntercomConfig
from connector.channels.intercom.signature import SIGNATURE, verify
from connector.domain.conversation import Media
from connector.domain.effects import Who
from connector.domain.ids import Address, TicketId
from connector.errors import BadSignature
from tests.channels.test_vendor import EXPECTED, URL, read
from tests.described import written

pytestmark = pytest.mark.vendor
CONFIG = IntercomConfig(
    "t", ("s",), "991267696", assign_to_team="77", assign_to_admin="88",
    snooze_for=timedelta(days=1),
)  # fmt: skip
SINCE = datetime(2026, 11, 24, tzinfo=UTC)
PICTURES = tuple(
    Media(f"https://connector.example.com/media/{number}", "image/png", f"{number}.png")
    for number in range(10)
)


def constructed(vendor: Path) -> Iterator[tuple[str, Any]]:
    told = json.loads((vendor / "intercom" / "webhooks_constructed_2x.json").read_text())
    for name, sample in told["payloads"].items():
        yield name, read(Intercom(CONFIG).parse, sample)


def recorded(vendor: Path) -> Iterator[tuple[str, Any]]:
    told = json.loads((vendor / "intercom" / "webhooks_recorded_api1x.json").read_text())
    for name, sample in told["payloads"].items():
        yield f"api_1x.{name}", read(Intercom(CONFIG).parse, sample)


def test_every_sample_parses_to_its_expected_file(vendor: Path) -> None:
    expected = json.loads((EXPECTED / "intercom.json").read_text())
    assert {**dict(constructed(vendor)), **dict(recorded(vendor))} == expected


def test_intercoms_signature(vendor: Path) -> None:
    told = json.loads((vendor / "signatures" / "vectors.json").read_text())["intercom_DERIVED"]
    body, secret = told["body_utf8"].encode(), told["client_secret"]
    asked = WebhookRequest("POST", URL, {SIGNATURE: told["x_hub_signature"]}, "", body)
    verify(asked, ["another", secret])
    for wrong in ([secret + "x"], [""], []):
        with pytest.raises(BadSignature):
            verify(asked, wrong)
    sha256 = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    with pytest.raises(BadSignature):
        verify(replace(asked, headers={SIGNATURE: sha256}), [secret])


@pytest.fixture(scope="module", params=["2.16", "2.14"])
def description(vendor: Path, request: pytest.FixtureRequest) -> tuple[str, OpenAPI, Any]:
    file = vendor / "intercom" / f"intercom_{request.param}.openapi.json"
    told = json.loads(file.read_text())
    return request.param, OpenAPI.from_dict(told), told


def keys(told: Any, named: str) -> set[str]:
    return set(told["components"]["schemas"][named]["properties"])


def replied(intercom: Intercom, text: str, *files: Media) -> None:
    intercom.send(Outbound("k", Address("6762f1571bb69f9f2193bbbb"), text, files, thread="524"))


CALLS: list[tuple[Callable[[Intercom], Any], list[str]]] = [
    (lambda i: replied(i, "It is <here>\nBye"), ["admin_reply_conversation_request"]),
    (lambda i: replied(i, "See", *PICTURES), ["admin_reply_conversation_request"]),
    (lambda i: replied(i, "", PICTURES[0]), ["admin_reply_conversation_request"]),
    (
        lambda i: i.show("524", Who.PERSON, TicketId("41")),
        ["assign_conversation_request", "assign_conversation_request",
         "snooze_conversation_request", "admin_reply_conversation_request"],
    ),
    (lambda i: i.show("524", Who.DONE, None), ["close_conversation_request"]),
    (
        lambda i: i.show("524", Who.BOT, None),
        ["assign_conversation_request", "assign_conversation_request", "open_conversation_request"],
    ),
    (lambda i: i.received(SINCE), ["search_request", ""]),
    (lambda i: i.find_sent(Outbound("k", Address("z"), "x", (), thread="524"), SINCE, frozenset()), [""]),
]  # fmt: skip


@pytest.mark.parametrize(("call", "schemas"), CALLS)
@responses.activate
def test_calls_fit_intercoms_description(
    description: tuple[str, OpenAPI, Any], call: Callable[[Intercom], Any], schemas: list[str]
) -> None:
    version, openapi, told = description
    listed = {"conversations": [{"id": "524"}], "pages": {}}
    anything = re.compile(r"https://api\.intercom\.io/conversations/524.*")
    parts = {"type": "conversation", "id": "524", "conversation_parts": {"conversation_parts": []}}
    responses.post("https://api.intercom.io/conversations/search", json=listed)
    responses.post(anything, json=parts)
    responses.get(anything, json=parts)
    call(Intercom(replace(CONFIG, api_version=version)))
    assert len(responses.calls) == len(schemas)
    for made, schema in zip(responses.calls, schemas, strict=True):
        openapi.validate_request(RequestsOpenAPIRequest(made.request))
        body = json.loads(made.request.body or "null")
        # An unknown key would pass the validation silently.
        if schema == "search_request":
            known = keys(told, schema) | keys(told, "starting_after_paging")
            assert set(written(body)) <= known | keys(told, "single_filter_search_request")
        elif schema:
            assert set(written(body)) <= keys(told, schema)
            required = told["components"]["schemas"][schema]["required"]
            assert set(required) <= set(body)
