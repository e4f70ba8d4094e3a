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
from connector.channels.webhook.api import LIMITS, PROVIDER, Deliveries
from connector.channels.webhook.config import WebhookConfig
from connector.channels.webhook.parse import parse
from connector.channels.webhook.signature import verify
from connector.domain.conversation import Media
from connector.domain.files import File
from connector.domain.ids import Address, ExternalId
from connector.domain.media import MediaLimits
from connector.fetch import Fetcher, Source
from connector.kinds import file_of


class Webhook:
    capabilities = Capabilities(max_text=4096)

    def __init__(self, config: WebhookConfig) -> None:
        self._config = config
        self._deliveries = Deliveries(config)
        # The operator named this host, so it may be on this machine or network.
        self._files = Fetcher(Source(PROVIDER, config.root, stand_in=True))

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

    def media_limits(self, customer: Address) -> MediaLimits | None:
        """What this customer can be shown beside text."""
        return LIMITS

    def fetch(self, media: Media, name: str) -> File:
        """What a customer attached. Raise Transient or Rejected."""
        return file_of(self._files.get(media.url), name, PROVIDER, media.content_type)
