"""WhatsApp through Twilio when its window is closed, and what an SMS is sent as."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import responses
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

from connector.channels.base import HasWindow, Outbound
from connector.channels.outgoing import PacedBySize, SendsTemplates
from connector.channels.twilio.channel import Twilio
from connector.channels.twilio.config import TwilioConfig
from connector.channels.twilio.template import ROOM
from connector.domain.conversation import Media
from connector.domain.ids import Address, ExternalId
from connector.errors import Rejected
from connector.sandbox.twilio.contents import MAX_FILLED, filled
from connector.upkeep import Mark, Site
from tests.channels.given import ACCOUNT, CONFIG, CUSTOMER, SERVICE, config
from tests.contracts.loopback import Loopback, loopback, reply

HX = "HX" + "0a1b2c3d" * 4
SID = ExternalId("SM" + "0" * 31 + "9")
NOW = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
ZOE = Address("whatsapp:+15550142")
VARIABLES = {"1": "{{ message.text }}", "2": "Acme"}
WHATSAPP = config(number="whatsapp:+15550101", content_sid=HX, content_variables=VARIABLES)
HELLO = Outbound(
    "c1.2.1", ZOE, 'Ana: "It"  comes:\n\n- today\t\\o/\n- or {{1}} 📦 {{message.text}}'
)
CLOSED = replace(HELLO, window_closed=True)
WORDS = 'Ana: "It" comes: - today \\o/ - or {{1}} 📦 {{message.text}}'


@pytest.fixture
def twilio() -> Iterator[Loopback]:
    with loopback() as server:
        yield server


def at(server: Loopback, given: TwilioConfig = WHATSAPP) -> Twilio:
    return Twilio(config(**{**vars(given), "base_url": server.url}))


def test_it_can() -> None:
    assert isinstance(Twilio(CONFIG), SendsTemplates)
    assert isinstance(Twilio(WHATSAPP), HasWindow)
    assert not isinstance(Twilio(CONFIG), HasWindow)  # nobody is asked when a customer last wrote
    assert isinstance(Twilio(CONFIG), PacedBySize)


@pytest.mark.parametrize(
    ("given", "customer", "windowed"),
    [
        (WHATSAPP, ZOE, True),
        (WHATSAPP, "whatsapp:US.1349", True),
        (config(number=None, messaging_service=SERVICE, content_sid=HX), ZOE, True),
        (config(number=None, messaging_service=SERVICE, content_sid=HX), CUSTOMER, False),
        (config(number="whatsapp:+15550101"), ZOE, False),  # no template: Twilio says what is wrong
        (CONFIG, CUSTOMER, False),
    ],
)
def test_who_has_a_window(given: TwilioConfig, customer: str, windowed: bool) -> None:
    found = Twilio(given).template_window(Address(customer))
    assert (found is not None) is windowed
    if found:
        assert timedelta(hours=23) < found.open_for < timedelta(hours=24)


def test_a_template_carries_the_words_on_one_line(twilio: Loopback) -> None:
    twilio.then(reply(201, {"sid": SID}))
    assert at(twilio).send(CLOSED) == SID
    form = dict(twilio.asked[0].form)
    assert set(form) == {"To", "From", "StatusCallback", "ContentSid", "ContentVariables"}
    assert (form["To"], form["From"], form["ContentSid"]) == (ZOE, "whatsapp:+15550101", HX)
    assert json.loads(form["ContentVariables"]) == {"1": WORDS, "2": "Acme"}
    # As strict as Twilio: no line break, no tab, no five spaces.
    assert filled("Hi! {{1}} Bye.", form["ContentVariables"]) == f"Hi! {WORDS} Bye."


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (WHATSAPP, HELLO),
        (config(number="whatsapp:+15550101"), CLOSED),  # no template: WhatsApp says why not
        (config(content_sid=HX), replace(CLOSED, customer=Address(CUSTOMER))),
    ],
)
def test_else_it_is_free_text(twilio: Loopback, given: TwilioConfig, message: Outbound) -> None:
    twilio.then(reply(201, {"sid": SID}))
    at(twilio, given).send(message)
    form = dict(twilio.asked[0].form)
    assert "ContentSid" not in form
    assert form["Body"] == HELLO.text


def test_files_come_as_their_addresses(twilio: Loopback) -> None:
    twilio.then(reply(201, {"sid": SID}))
    url = "https://connector.example.com/media/1"
    at(twilio).send(replace(CLOSED, text="", media=(Media(url, "image/png"),)))
    form = dict(twilio.asked[0].form)
    assert "MediaUrl" not in form
    assert json.loads(form["ContentVariables"])["1"] == url


def test_what_fits_its_room_fits_whatsapp() -> None:
    assert len("w" * 200 + "x" * ROOM) <= MAX_FILLED


@pytest.mark.parametrize(
    ("code", "said"), [(21655, "content_sid"), (21656, "template"), (63041, "paused")]
)
def test_what_is_wrong_with_a_template_is_said(twilio: Loopback, code: int, said: str) -> None:
    twilio.then(reply(400, {"code": code}))
    with pytest.raises(Rejected) as refusal:
        at(twilio).send(CLOSED)
    assert said in refusal.value.meaning


def listed(body: str) -> dict[str, Any]:
    told = {"sid": SID, "body": body, "direction": "outbound-api", "num_media": "0"}
    return {"messages": [{**told, "date_created": format_datetime(NOW)}], "next_page_uri": None}


@pytest.mark.parametrize(
    ("given", "sent", "body", "found"),
    [
        (WHATSAPP, HELLO, f"Hello! {WORDS} Write back to go on.", True),
        (WHATSAPP, HELLO, HELLO.text, True),
        (WHATSAPP, HELLO, "Hello! Something else. Write back to go on.", False),
        (config(number="whatsapp:+15550101"), HELLO, f"Hello! {WORDS}", False),
        # Twilio's own Smart Encoding, or ours.
        (CONFIG, Outbound("k", Address(CUSTOMER), "“Hi” – 👍"), '"Hi" - 👍', True),
        (CONFIG, Outbound("k", Address(CUSTOMER), "“Hi” – yes"), '"Hi" - yes', True),
        (CONFIG, Outbound("k", Address(CUSTOMER), "“Hi” – yes"), "“Hi” – yes", True),
        (CONFIG, Outbound("k", Address(CUSTOMER), "“Hi” – yes"), '"Hi" - no', False),
        (CONFIG, Outbound("k", Address(CUSTOMER), "Hi"), "Hello! Hi Write back.", False),
    ],
)
def test_a_lost_send_is_found_however_it_reads(
    twilio: Loopback, given: TwilioConfig, sent: Outbound, body: str, found: bool
) -> None:
    twilio.then(reply(200, listed(body)))
    looked_up = at(twilio, given).find_sent(sent, NOW, frozenset())
    assert looked_up == (SID if found else None)


@pytest.mark.parametrize(
    ("given", "customer", "body"),
    [
        (CONFIG, CUSTOMER, '"Hi" - it\'s ready...'),
        (config(smart_encoding=False), CUSTOMER, "“Hi” – it’s ready…"),
        (WHATSAPP, ZOE, "“Hi” – it’s ready…"),
    ],
)
def test_look_alikes_are_sent_where_they_save_something(
    twilio: Loopback, given: TwilioConfig, customer: str, body: str
) -> None:
    twilio.then(reply(201, {"sid": SID}))
    at(twilio, given).send(Outbound("k", Address(customer), "“Hi” – it’s ready…"))
    assert dict(twilio.asked[0].form)["Body"] == body


@pytest.mark.vendor
@responses.activate
def test_a_template_fits_twilios_description(vendor: Path) -> None:
    file = vendor / "twilio" / "twilio_api_v2010.messages.overlay.openapi.json"
    told = json.loads(file.read_text())
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    responses.post(f"https://api.twilio.com{path}", json={"sid": SID}, status=201)
    Twilio(WHATSAPP).send(CLOSED)
    sent = responses.calls[0].request
    OpenAPI.from_dict(told).validate_request(RequestsOpenAPIRequest(sent))
    post = told["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["post"]
    form = post["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    fields = dict(parse_qsl(str(sent.body)))
    assert set(fields) <= set(form["properties"])


@pytest.mark.parametrize(
    ("status", "body", "mark", "said"),
    [
        (200, {"whatsapp": {"status": "approved"}}, Mark.WELL, "has approved"),
        (200, {"whatsapp": {"status": "paused"}}, Mark.WRONG, "(paused)"),
        (200, {"whatsapp": None}, Mark.WRONG, "nobody asked"),
        (404, {"code": 20404}, Mark.WRONG, "no template HX"),
    ],
)
def test_doctor_looks_at_the_template(
    twilio: Loopback, status: int, body: object, mark: Mark, said: str
) -> None:
    twilio.then(reply(status, body))
    checks = {c.about: c for c in at(twilio).checks(Site("wa", "https://x.example/w"))}
    found = checks["template"].look()
    assert (found.mark, bool(found.mend)) == (mark, mark is Mark.WRONG)
    assert said in found.found
    assert twilio.asked[0].path == f"/v1/Content/{HX}/ApprovalRequests"


def test_doctor_asks_for_no_template_where_none_is_sent() -> None:
    site = Site("sms", "https://x.example/w")
    assert "template" not in {c.about for c in Twilio(config(content_sid=HX)).checks(site)}
