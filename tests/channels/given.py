"""A Twilio channel and requests for it, signed by Twilio's own library (the oracle)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from twilio.request_validator import (  # type: ignore[import-untyped]
    HMAC_SHA256 as HMAC_SHA256,
)
from twilio.request_validator import (
    RequestValidator as RequestValidator,
)

from connector.channels.base import Inbound, WebhookRequest
from connector.channels.twilio.channel import Twilio
from connector.channels.twilio.config import TwilioConfig

ACCOUNT = "AC" + "0a1b2c3d" * 4
SERVICE = "MG" + "5e6f7a8b" * 4
TOKEN = "a-token-for-tests"
NUMBER, CUSTOMER = "+15550100", "+15550142"
URL = "https://connector.example.com/webhooks/channels/sms"
CONFIG = TwilioConfig(ACCOUNT, (TOKEN,), number=NUMBER, status_url=f"{URL}/status")
FORM = "application/x-www-form-urlencoded"


class Fields(dict[str, list[str]]):
    """What Twilio's library asks of a web framework's form."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def fields(pairs: Sequence[tuple[str, str]]) -> Fields:
    found = Fields()
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def posted(body: bytes, url: str = URL, signature: str = "", **headers: str) -> WebhookRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    told = {"content-type": FORM, "x-twilio-signature": signature, **named}
    return WebhookRequest("POST", url, told, url.partition("?")[2], body)


def signed(pairs: Sequence[tuple[str, str]], url: str = URL, token: str = TOKEN) -> WebhookRequest:
    signature = RequestValidator(token).compute_signature(url, fields(pairs))
    return posted(urlencode(pairs).encode(), url, signature)


def message(**changes: str) -> list[tuple[str, str]]:
    told = {
        "AccountSid": ACCOUNT,
        "MessageSid": "SM" + "0" * 31 + "1",
        "From": CUSTOMER,
        "To": NUMBER,
        "Body": "hello",
        "NumMedia": "0",
    }
    return list({**told, **changes}.items())


def received(config: TwilioConfig = CONFIG, **changes: str) -> Inbound:
    """The one event that this form makes."""
    (event,) = Twilio(config).parse(signed(message(**changes)))
    return event


def config(**changes: Any) -> TwilioConfig:
    return replace(CONFIG, **changes)
