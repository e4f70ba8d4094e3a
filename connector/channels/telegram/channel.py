"""One Telegram bot as a channel; customers are known by the ids of their accounts."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import timedelta

from connector.channels.base import (
    Capabilities,
    Inbound,
    Outbound,
    WebhookReply,
    WebhookRequest,
)
from connector.channels.telegram import pieces
from connector.channels.telegram.api import CHOICES, LIMITS, Bot
from connector.channels.telegram.config import TelegramConfig
from connector.channels.telegram.files import Files
from connector.channels.telegram.parse import parse
from connector.domain.conversation import Media
from connector.domain.files import File
from connector.domain.ids import Address, ExternalId
from connector.domain.limits import Limit
from connector.domain.media import MediaLimits
from connector.errors import BadSignature
from connector.upkeep import Check, Piece, Site

SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name
# https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
A_SECOND = 30


class Telegram:
    capabilities = Capabilities(max_text=4096, has_phone_numbers=False)
    typing_lasts = timedelta(seconds=5)
    choice_limits = CHOICES

    def __init__(self, config: TelegramConfig) -> None:
        self._config = config
        self._bot = Bot(config)
        self._files = Files(config, self._bot)

    def verify(self, request: WebhookRequest) -> None:
        """Raise BadSignature unless the request shows our secret: Telegram signs no bodies."""
        given = request.headers.get(SECRET, "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._config.secret_token.encode()):
            raise BadSignature("not the secret token")

    def parse(self, request: WebhookRequest) -> Sequence[Inbound]:
        """Read a verified request. Raise MalformedPayload or UnsupportedEvent."""
        return parse(request)

    def acknowledge(self) -> WebhookReply:
        """Empty: an answer with a method in it would be carried out by Telegram."""
        return WebhookReply()

    def send(self, message: Outbound) -> ExternalId:
        """Send, returning chat and message. Raise Transient, Rejected or Uncertain."""
        return self._bot.send(message)

    def show_typing(self, customer: Address, message: ExternalId) -> None:
        """For five seconds. Bots can't show that they have read something. Raise ProviderError."""
        self._bot.show(customer, "typing")

    def media_limits(self, customer: Address) -> MediaLimits | None:
        """What this customer can be shown beside text."""
        return LIMITS

    def fetch(self, media: Media, name: str) -> File:
        """What a customer attached. Raise Transient or Rejected."""
        return self._files.fetch(media, name)

    def send_limits(self) -> Sequence[Limit]:
        return (Limit("sends", timedelta(seconds=1) / A_SECOND, A_SECOND),)

    def pieces(self, site: Site) -> Sequence[Piece]:
        return pieces.pieces(self._config, self._bot, site)

    def checks(self, site: Site) -> Sequence[Check]:
        return pieces.checks(self._bot)
