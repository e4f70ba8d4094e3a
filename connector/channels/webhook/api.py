"""Posting a message for a customer to `deliver_to`, signed.

Whoever takes it must drop what has a webhook-id that it has seen (Standard Webhooks asks for that), so
a message whose answer was lost is simply posted again: doing it twice does no harm.
"""

from __future__ import annotations

import json

import requests

from connector.channels.base import Outbound
from connector.channels.payload import identifier, line, object_of
from connector.channels.webhook.config import WebhookConfig
from connector.channels.webhook.signature import sign
from connector.domain.ids import ExternalId
from connector.domain.media import MediaLimits
from connector.errors import Transient
from connector.http import OutboundSession, check, translate

PROVIDER, SEND = "webhook", "send"
MB = 1000 * 1000
# Nothing is known of the other side: all that the connector hands out.
LIMITS = MediaLimits(
    sizes=tuple((f"{family}/*", 25 * MB) for family in ("image", "video", "audio", "text",
                                                        "application")),
    files=10,
    total=25 * MB,
)  # fmt: skip
SENT = "message.send"


class Deliveries:
    def __init__(self, config: WebhookConfig) -> None:
        self._config = config
        self._session = OutboundSession(frozenset({config.host}))

    def post(self, message: Outbound) -> ExternalId:
        """Deliver, returning the receiver's id. Raise Transient or Rejected."""
        identity = message.key.replace(".", "_")  # a point would end the id in what is signed
        body = self._body(identity, message)
        headers = sign(self._config.secrets[0], identity, self._config.now(), body)
        headers["Content-Type"] = "application/json"
        try:
            answer = self._session.post(self._config.url, data=body, headers=headers)
        except requests.RequestException as error:
            raise translate(error, provider=PROVIDER, operation=SEND, repeatable=True) from error
        told = object_of(answer)
        code, meaning = identifier(told.get("code"))[:64], line(told.get("reason"), 500)
        check(answer, provider=PROVIDER, operation=SEND, code=code, repeatable=True,
              meaning=meaning or "the receiver of this channel refused the message")  # fmt: skip
        taken = identifier(told.get("id"))
        if not taken:
            # A sign-in page or a proxy answers 200 as well, and the customer got nothing.
            raise Transient("webhook send: an answer without an id", provider=PROVIDER,
                            operation=SEND, status=answer.status_code)  # fmt: skip
        return ExternalId(taken)

    def _body(self, identity: str, message: Outbound) -> bytes:
        media = [
            {"url": file.url, "content_type": file.content_type, "name": file.name}
            for file in message.media
        ]
        data = {
            "message": identity,
            "customer": {"id": message.customer},
            "text": message.text,
            "media": media,
        }
        at = self._config.now().isoformat(timespec="seconds")
        told = {"type": SENT, "timestamp": at, "data": data}
        return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
