"""What Twilio lists of a customer's messages is what its webhooks would have told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

from connector.channels.base import InboundConsent, InboundMessage, ListsReceived
from connector.channels.twilio.channel import Twilio
from connector.domain.conversation import Media
from connector.errors import MalformedPayload, Transient
from tests.channels.given import ACCOUNT, CONFIG, CUSTOMER, NUMBER, SERVICE, config
from tests.channels.given import received as webhook
from tests.contracts.loopback import Loopback, loopback, reply

PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
NOW = datetime(2026, 11, 24, 0, 0, 2, tzinfo=UTC)


@pytest.fixture
def twilio() -> Iterator[Loopback]:
    with loopback() as server:
        yield server


def sid(number: int) -> str:
    return f"SM{number:032}"


def listed(number: int, at: datetime = NOW, **changes: Any) -> dict[str, Any]:
    told = {
        "sid": sid(number), "account_sid": ACCOUNT, "body": f"text {number}",
        "direction": "inbound", "date_created": format_datetime(at), "date_sent": None,
        "from": CUSTOMER, "to": NUMBER, "messaging_service_sid": None, "num_media": "0",
        "status": "received",
    }  # fmt: skip
    return {**told, **changes}


def page(*found: Any, more: Any = None) -> Any:
    return reply(200, {"messages": list(found), "next_page_uri": more})


def at(server: Loopback, **changes: Any) -> Twilio:
    return Twilio(config(base_url=server.url, **changes))


def test_can_be_asked() -> None:
    assert isinstance(Twilio(CONFIG), ListsReceived)


def test_the_same_event_as_the_webhooks(twilio: Loopback) -> None:
    """The same id above all: it is what makes the two one."""
    twilio.then(page(listed(2, body="STOP"), listed(1, body="¿Dónde  está?\r\n🙂")))
    message, stop = (r.read() for r in at(twilio).received(NOW))
    told = webhook(MessageSid=sid(1), Body="¿Dónde  está?\r\n🙂")
    assert isinstance(message, InboundMessage)
    assert isinstance(told, InboundMessage)
    assert (message.id, message.customer, message.text) == (told.id, told.customer, told.text)
    assert stop == InboundConsent(stop.id, stop.customer, "stop", "STOP", stop.raw)
    (asked,) = twilio.asked
    assert asked.path == PATH
    assert dict(asked.query) == {"To": NUMBER, "DateSent>": "2026-11-23", "PageSize": "500"}


def test_oldest_first_and_nothing_of_others(twilio: Loopback) -> None:
    twilio.then(
        page(
            listed(4),
            listed(3),  # of the same second: before it
            listed(90, direction="outbound-api"),
            listed(91, to="+15550199"),
            listed(92, account_sid="AC" + "f" * 32),
            listed(93, date_created="?"),
            listed(94, sid=None),
            "no message",
            listed(2, NOW - timedelta(seconds=1)),
            listed(1, NOW - timedelta(hours=1)),
        )
    )
    found = at(twilio).received(NOW - timedelta(minutes=1))
    assert [r.id for r in found] == [sid(2), sid(3), sid(4)]
    assert [r.at for r in found] == [NOW - timedelta(seconds=1), NOW, NOW]


def test_pages_are_read_until_they_are_older(twilio: Loopback) -> None:
    old = NOW - timedelta(hours=2)
    twilio.then(
        page(listed(3), more=f"{PATH}?Page=1"),
        # A message that came meanwhile has moved this one on: it is listed twice.
        page(listed(3), listed(2), more=f"{PATH}?Page=2"),
        page(listed(1, old), more=f"{PATH}?Page=3"),
    )
    found = at(twilio).received(NOW - timedelta(hours=1))
    assert [r.id for r in found] == [sid(2), sid(3)]
    assert len(twilio.asked) == 3


def test_a_service_gets_what_came_by_its_numbers(twilio: Loopback) -> None:
    twilio.then(page(listed(2, messaging_service_sid=SERVICE, to="+15550177"), listed(1)))
    found = at(twilio, number=None, messaging_service=SERVICE).received(NOW)
    assert [r.id for r in found] == [sid(2)]
    assert "To" not in dict(twilio.asked[0].query)


def test_files_are_asked_for_when_the_message_is_read(twilio: Loopback) -> None:
    media = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid(1)}/Media"
    files = [{"uri": f"{media}/ME{n}.json", "content_type": "image/PNG"} for n in range(2)]
    twilio.then(page(listed(1, num_media="2")), reply(200, {"media_list": files}))
    (found,) = at(twilio).received(NOW)
    assert len(twilio.asked) == 1
    told = found.read()
    assert isinstance(told, InboundMessage)
    urls = [f"{twilio.url}{media}/ME{n}" for n in range(2)]
    assert told.media == tuple(Media(url, "image/png") for url in urls)
    assert twilio.asked[1].path == f"{media}.json"


def test_files_that_were_deleted_do_not_hold_the_words_back(twilio: Loopback) -> None:
    twilio.then(page(listed(1, num_media="1")), reply(404, {"code": 20404}))
    (found,) = at(twilio).received(NOW)
    told = found.read()
    assert isinstance(told, InboundMessage)
    assert (told.text, told.media) == ("text 1", ())


def test_files_that_can_not_be_listed_now_are_asked_for_again(twilio: Loopback) -> None:
    twilio.then(page(listed(1, num_media="1")), reply(503))
    (found,) = at(twilio).received(NOW)
    with pytest.raises(Transient):
        found.read()
    told = found.words()
    assert isinstance(told, InboundMessage)
    assert (told.text, told.media) == ("text 1", ())


def test_a_message_of_nobody_is_malformed(twilio: Loopback) -> None:
    twilio.then(page({**listed(1), "from": None}))
    (found,) = at(twilio).received(NOW)
    with pytest.raises(MalformedPayload):
        found.read()


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_what_can_not_be_asked_now_is_asked_later(twilio: Loopback, status: int) -> None:
    twilio.then(reply(status, {}, Retry_After="7"))
    with pytest.raises(Transient) as told:
        at(twilio).received(NOW)
    if status in (429, 503):
        assert told.value.retry_after == timedelta(seconds=7)


@pytest.mark.vendor
@responses.activate
def test_requests_fit_twilios_description(vendor: Path) -> None:
    file = vendor / "twilio" / "twilio_api_v2010.messages.overlay.openapi.json"
    told = json.loads(file.read_text())
    listing = told["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["get"]
    for parameter in listing["parameters"]:
        # The description's text and examples say YYYY-MM-DD; its format says a time as well.
        if parameter["name"] == "DateSent>":
            parameter["schema"]["format"] = "date"
    openapi = OpenAPI.from_dict(told)
    root = "https://api.twilio.com"
    media = PATH.replace(".json", f"/{sid(1)}/Media.json")
    responses.get(root + PATH, json={"messages": [listed(1, num_media="1")]})
    responses.get(root + media, json={"media_list": []})
    (found,) = Twilio(CONFIG).received(NOW)
    found.read()
    known = {p["name"] for p in listing["parameters"] if p["in"] == "query"}
    for call in responses.calls:
        openapi.validate_request(RequestsOpenAPIRequest(call.request))
        assert {name for name, _ in parse_qsl(urlsplit(str(call.request.url)).query)} <= known
