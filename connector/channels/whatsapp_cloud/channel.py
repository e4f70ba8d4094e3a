"""One WhatsApp number at Meta as a channel."""

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
from connector.channels.whatsapp_cloud.api import CHOICES, LIMITS, Messages
from connector.channels.whatsapp_cloud.config import WhatsAppConfig
from connector.channels.whatsapp_cloud.files import Files
from connector.channels.whatsapp_cloud.parse import parse
from connector.domain.conversation import Media
from connector.domain.files import File
from connector.domain.ids import Address, ExternalId
from connector.domain.limits import Limit
from connector.domain.media import MediaLimits

A_SECOND = 80  # messages of one number


class WhatsAppCloud:
    capabilities = Capabilities(max_text=4096)
    open_for = timedelta(hours=24)
    typing_lasts = timedelta(seconds=25)
    choice_limits = CHOICES

    def __init__(self, config: WhatsAppConfig) -> None:
        self._config = config
        self._messages = Messages(config)
        self._files = Files(config)

    def challenge(self, request: WebhookRequest) -> WebhookReply:
        """The handshake. Raise BadSignature for a verify_token that is not ours."""
        return meta.challenge(request, self._config.verify_token)

    def verify(self, request: WebhookRequest) -> None:
        """Raise BadSignature unless one of our apps' secrets signed exactly this body."""
        meta.verify(request, self._config.app_secrets)

    def parse(self, request: WebhookRequest) -> Sequence[Parsed]:
        """Read a verified request. Raise MalformedPayload, UnknownEndpoint, UnsupportedEvent."""
        return parse(request, self._config.phone_number_id)

    def acknowledge(self) -> WebhookReply:
        return WebhookReply()

    def send(self, message: Outbound) -> ExternalId:
        """Send, returning WhatsApp's id. Raise Transient, Rejected or Uncertain."""
        return self._messages.send(message)

    def show_typing(self, customer: Address, message: ExternalId) -> None:
        """Read, and somebody types: one call says both. Raise ProviderError."""
        self._messages.read(message, typing=True)

    def mark_read(self, customer: Address, message: ExternalId) -> None:
        """This message and those before it. Raise ProviderError."""
        self._messages.read(message, typing=False)

    def media_limits(self, customer: Address) -> MediaLimits | None:
        """What this customer can be shown beside text."""
        return LIMITS

    def fetch(self, media: Media, name: str) -> File:
        """What a customer attached. Raise Transient or Rejected."""
        return self._files.fetch(media, name)

    def send_limits(self) -> Sequence[Limit]:
        return (Limit("sends", timedelta(seconds=1) / A_SECOND, A_SECOND),)
