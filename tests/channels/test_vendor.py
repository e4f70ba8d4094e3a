"""The vendors' samples, read to their expected files; what is sent, against their descriptions."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import responses
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

from connector.channels.base import Outbound, Parsed, WebhookRequest
from connector.channels.meta import MetaConfig, verify
from connector.channels.telegram.channel import Telegram
from connector.channels.telegram.config import TelegramConfig
from connector.channels.twilio.channel import Twilio
from connector.channels.twilio.config import TwilioConfig
from connector.channels.whatsapp_cloud.channel import WhatsAppCloud
from connector.channels.whatsapp_cloud.config import WhatsAppConfig
from connector.channels.whatsapp_cloud.parse import parse
from connector.domain.conversation import Media
from connector.domain.ids import Address, ExternalId
from connector.errors import BadSignature, WebhookError
from tests.contracts.kinds import plain
from tests.described import written

Parsing = Callable[[WebhookRequest], Sequence[Parsed]]
pytestmark = pytest.mark.vendor
EXPECTED = Path(__file__).parents[1] / "expected"
URL = "https://connector.example.com/webhooks/channels/x"
TELEGRAM = Telegram(TelegramConfig("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5", "secret"))
WHATSAPP = WhatsAppConfig(
    access_token="t", app_secrets=("s",), verify_token="v", phone_number_id="106540352242922"
)
PICTURE = Media("https://connector.example.com/media/x", "image/png", "a.png")
PAPER = Media("https://connector.example.com/media/y", "application/pdf", "b.pdf")
SOUND = Media("https://connector.example.com/media/z", "audio/mpeg", "c.mp3")
SENT = [
    ("hello", ()), ("see", (PICTURE,)), ("", (PICTURE,)), ("see", (PAPER,)), ("", (SOUND,)),
    ("hear", (SOUND,)), ("x" * 2000, (PICTURE,)), ("both", (PICTURE, PAPER)),
]  # fmt: skip


def posted(body: Any) -> WebhookRequest:
    return WebhookRequest("POST", URL, {}, "", json.dumps(body).encode())


def read(parsing: Parsing, body: Any) -> Any:
    try:
        return [plain(event) for event in parsing(posted(body))]
    except WebhookError as refusal:
        return f"{type(refusal).__name__}: {refusal}"


def telegram(vendor: Path) -> Iterator[tuple[str, Any]]:
    told = json.loads((vendor / "channels" / "telegram_update_samples.json").read_text())
    for sample in told["samples"]:
        yield str(sample["update_id"]), read(TELEGRAM.parse, sample)


def official(vendor: Path) -> Iterator[tuple[str, Any]]:
    file = vendor / "channels" / "whatsapp_cloud_webhook_examples.json"
    for name, sample in json.loads(file.read_text())["examples"].items():
        yield name, read(WhatsAppCloud(WHATSAPP).parse, sample)


def pywa(vendor: Path) -> Iterator[tuple[str, Any]]:
    for file in sorted((vendor / "channels" / "pywa_updates").glob("*.json")):
        for name, samples in json.loads(file.read_text()).items():
            for sample in samples if isinstance(samples, list) else [samples]:
                value = sample["entry"][0]["changes"][0]["value"]
                ours = value["metadata"]["phone_number_id"]
                yield f"{file.stem}.{name}", read(partial(parse, phone_number_id=ours), sample)


def twilio(vendor: Path) -> Iterator[tuple[str, Any]]:
    told = json.loads((vendor / "twilio" / "inbound_forms.json").read_text())
    for name, sample in told["samples"].items():
        form = dict(sample["params"])
        ours = form["From"] if "MessageStatus" in form else form["To"]
        config = TwilioConfig(form["AccountSid"], (told["auth_token"],), number=ours)
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": sample["x_twilio_signature"],
        }
        asked = WebhookRequest("POST", told["url"], headers, "tenant=1", sample["raw"].encode())
        channel = Twilio(config)
        channel.verify(asked)
        yield name, [plain(event) for event in channel.parse(asked)]


@pytest.mark.parametrize("samples", [telegram, official, pywa, twilio])
def test_every_sample_parses_to_its_expected_file(vendor: Path, samples: Any) -> None:
    expected = json.loads((EXPECTED / f"{samples.__name__}.json").read_text())
    assert dict(samples(vendor)) == expected


def test_metas_signature(vendor: Path) -> None:
    told = json.loads((vendor / "signatures" / "vectors.json").read_text())["meta_DERIVED"]
    body = told["body_utf8"].encode()
    asked = WebhookRequest(
        "POST", URL, {"x-hub-signature-256": told["x_hub_signature_256"]}, "", body
    )
    verify(asked, ["another", told["app_secret"]])
    for wrong in ([told["app_secret"] + "x"], [""]):
        with pytest.raises(BadSignature):
            verify(asked, wrong)
    sha1 = "sha1=" + hmac.new(told["app_secret"].encode(), body, hashlib.sha1).hexdigest()
    with pytest.raises(BadSignature):
        verify(replace(asked, headers={"x-hub-signature-256": sha1}), [told["app_secret"]])


def test_what_metas_channels_need_is_asked_for_at_the_door() -> None:
    for token, secrets, shown in (("", ("s",), "v"), ("t", (), "v"), ("t", ("a", ""), "v"),
                                  ("t", ("s",), "")):  # fmt: skip
        with pytest.raises(ValueError, match="needed"):
            MetaConfig(token, secrets, shown)


@pytest.fixture(scope="module")
def description(vendor: Path) -> tuple[OpenAPI, dict[str, Any]]:
    told = json.loads((vendor / "channels" / "whatsapp_cloud_v23.openapi.json").read_text())
    # A kind's own part forbids what the common part asks for, so that nothing would fit, its own
    # examples neither. What is unknown is looked for by the test.
    for schema in told["components"]["schemas"].values():
        for part in schema.get("allOf", ()):
            part.pop("additionalProperties", None)
    return OpenAPI.from_dict(told), told


MESSAGES = "https://graph.facebook.com/v23.0/106540352242922/messages"
OUT = Outbound("k", Address("whatsapp:+15550142"), "Shall I?")
WAYS = [
    *(replace(OUT, text=text, media=files) for text, files in SENT),
    replace(OUT, choices=("Yes, please", "No, thanks")),
    replace(OUT, window_closed=True),
    replace(OUT, window_closed=True, media=(PICTURE,)),
]


def examples(told: dict[str, Any]) -> list[dict[str, Any]]:
    path = told["paths"]["/{Version}/{Phone-Number-ID}/messages"]["post"]
    found = path["requestBody"]["content"]["application/json"]["examples"]
    return [example["value"] for example in found.values()]


def known_keys(told: dict[str, Any]) -> set[str]:
    """Every name that the description has for a property, in a schema or in Meta's own examples."""
    found: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            properties = node.get("properties")
            found.update(properties if isinstance(properties, dict) else ())
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(told["components"]["schemas"])
    return found | set(written(examples(told)))


@pytest.mark.parametrize("message", WAYS)
@responses.activate
def test_sends_fit_whatsapps_description(
    description: tuple[OpenAPI, dict[str, Any]], message: Outbound
) -> None:
    openapi, told = description
    responses.post(MESSAGES, json={"messages": [{"id": "wamid.1"}]})
    WhatsAppCloud(replace(WHATSAPP, template="answer")).send(message)
    asked = responses.calls[0].request
    openapi.validate_request(RequestsOpenAPIRequest(asked))
    # An unknown key would pass the validation silently, at any depth.
    body = json.loads(asked.body or "")
    known = set(told["components"]["schemas"]["BaseMessageProperties"]["properties"])
    assert set(body) <= known | {body["type"]}
    assert set(written(body)) <= known_keys(told)


@responses.activate
def test_read_and_typing_are_what_metas_own_examples_show(
    description: tuple[OpenAPI, dict[str, Any]],
) -> None:
    """The description has no schema for them: its examples are to the letter."""
    _, told = description
    (typing,) = (value for value in examples(told) if "typing_indicator" in value)
    read = {name: value for name, value in typing.items() if name != "typing_indicator"}
    responses.post(MESSAGES, json={"success": True})
    channel, customer = WhatsAppCloud(WHATSAPP), Address("whatsapp:+15550142")
    channel.show_typing(customer, ExternalId("wamid.IN"))
    channel.mark_read(customer, ExternalId("wamid.IN"))
    sent = [json.loads(call.request.body or "") for call in responses.calls]
    assert sent == [{**example, "message_id": "wamid.IN"} for example in (typing, read)]


@pytest.mark.parametrize(("text", "files"), SENT)
@responses.activate
def test_sends_have_known_keys_of_telegram_and_no_link_with_the_token(
    vendor: Path, text: str, files: tuple[Media, ...]
) -> None:
    told = json.loads((vendor / "channels" / "telegram_bot_api_subset.json").read_text())
    responses.add_callback(
        responses.POST,
        re.compile(r"https://api\.telegram\.org/bot[^/]+/\w+"),
        lambda _: (200, {}, json.dumps({"ok": True, "result": {"message_id": 1}})),
    )
    choices = ("Yes", "No") if text == "hello" else ()
    TELEGRAM.send(Outbound("k", Address("1111111"), text, files, choices))
    asked = responses.calls[0].request
    method = str(asked.url).rpartition("/")[2]
    fields = json.loads(asked.body or "")
    if method in told["methods"]:  # the subset has no sendAudio
        known = {f["name"]: f["required"] for f in told["methods"][method]["fields"]}
        assert set(fields) <= set(known)
        assert {name for name, required in known.items() if required} <= set(fields)
    else:
        rest = set(fields) - {"caption", "reply_markup"}
        assert (method, rest) == ("sendAudio", {"chat_id", "audio"})
    assert isinstance(fields["chat_id"], int)


@responses.activate
def test_typing_has_known_keys_of_telegram(vendor: Path) -> None:
    told = json.loads((vendor / "channels" / "telegram_bot_api_subset.json").read_text())
    url = re.compile(r"https://api\.telegram\.org/bot[^/]+/sendChatAction")
    responses.post(url, json={"ok": True, "result": True})
    TELEGRAM.show_typing(Address("1111111"), ExternalId("1"))
    fields = json.loads(responses.calls[0].request.body or "")
    known = {f["name"]: f["required"] for f in told["methods"]["sendChatAction"]["fields"]}
    assert {name for name, required in known.items() if required} <= set(fields) <= set(known)
