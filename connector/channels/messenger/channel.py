"""One Facebook page as a channel; customers are known by the ids that Messenger gives them for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from connector.channels import meta
from connector.channels.base import (
    Capabilities,
    Outbound,
    Parsed,
    WebhookReply,
    WebhookRequest,
)
from connector.channels.messenger.api import CHOICES, LIMITS, PROVIDER, Messages
from connector.channels.messenger.config import MessengerConfig
from connector.channels.messenger.parse import parse
from connector.domain.conversation import Media
from connector.domain.files import File
from connector.domain.ids import Address, ExternalId
from connector.domain.limits import Limit
from connector.domain.media import MediaLimits
from connector.fetch import Fetcher, Source
from connector.kinds import file_of

# Attachments lie at addresses that carry a signature of Meta's: no token of ours goes there.
HOSTS = (".fbcdn.net", ".fbsbx.com")
A_SECOND = 100  # texts of one page; Meta allows 300


class Messenger:
    capabilities = Capabilities(max_text=2000, has_phone_numbers=False)
    open_for = timedelta(hours=24)
    typing_lasts = timedelta(seconds=20)
    choice_limits = CHOICES

    def __init__(self, config: MessengerConfig) -> None:
        self._config = config
        self._messages = Messages(config)
        self._files = Fetcher(Source(PROVIDER, config.root, config.base_url is not None, HOSTS))

    def challenge(self, request: WebhookRequest) -> WebhookReply:
        """The handshake. Raise BadSignature for a verify_token that is not ours."""
        return meta.challenge(request, self._config.verify_token)

    def verify(self, request: WebhookRequest) -> None:
        """Raise BadSignature unless one of our apps' secrets signed exactly this body."""
        meta.verify(request, self._config.app_secrets)

    def parse(self, request: WebhookRequest) -> Sequence[Parsed]:
        """Read a verified request. Raise MalformedPayload, UnknownEndpoint, UnsupportedEvent."""
        return parse(request, self._config.page_id)

    def acknowledge(self) -> WebhookReply:
        return WebhookReply(b"EVENT_RECEIVED")

    def send(self, message: Outbound) -> ExternalId:
        """Send, returning Messenger's id. Raise Transient, Rejected or Uncertain."""
        return self._messages.send(message)

    def show_typing(self, customer: Address, message: ExternalId) -> None:
        """Seen, and three dots. Raise ProviderError."""
        self._messages.show(customer, "mark_seen")
        self._messages.show(customer, "typing_on")

    def mark_read(self, customer: Address, message: ExternalId) -> None:
        """All that the customer wrote so far. Raise ProviderError."""
        self._messages.show(customer, "mark_seen")

    def media_limits(self, customer: Address) -> MediaLimits | None:
        """What this customer can be shown beside text."""
        return LIMITS

    def fetch(self, media: Media, name: str) -> File:
        """What a customer attached. Raise Transient or Rejected."""
        return file_of(self._files.get(media.url), name, PROVIDER, media.content_type)

    def send_limits(self) -> Sequence[Limit]:
        return (Limit("sends", timedelta(seconds=1) / A_SECOND, A_SECOND),)
