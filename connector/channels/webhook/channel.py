"""One endpoint of a system of the operator's own as a channel."""

from __future__ import annotations

from collections.abc import Sequence

from connector.channels.base import (
    Capabilities,
    Inbound,
    Outbound,
    WebhookReply,
    WebhookRequest,
)
from connector.channels.webhook.api import Deliveries
from connector.channels.webhook.config import WebhookConfig
from connector.channels.webhook.parse import parse
from connector.channels.webhook.signature import verify
from connector.domain.ids import ExternalId


class Webhook:
    capabilities = Capabilities(max_text=4096)

    def __init__(self, config: WebhookConfig) -> None:
        self._config = config
        self._deliveries = Deliveries(config)

    def verify(self, request: WebhookRequest) -> None:
        """Raise BadSignature unless one of our secrets signed exactly this, a short while ago."""
        verify(request, self._config.secrets, self._config.now())

    def parse(self, request: WebhookRequest) -> Sequence[Inbound]:
        """Read a verified request. Raise MalformedPayload or UnsupportedEvent."""
        return parse(request)

    def acknowledge(self) -> WebhookReply:
        return WebhookReply(status=204)

    def send(self, message: Outbound) -> ExternalId:
        """Deliver, returning the receiver's id. Raise Transient or Rejected."""
        return self._deliveries.post(message)
