"""One Twilio number or messaging service as a channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.channels.base import (
    Capabilities,
    Inbound,
    Outbound,
    Received,
    WebhookReply,
    WebhookRequest,
)
from connector.channels.twilio import media, pace, pieces, template
from connector.channels.twilio.account import Account
from connector.channels.twilio.api import MAX_BODY, Messages
from connector.channels.twilio.config import TwilioConfig
from connector.channels.twilio.files import Files
from connector.channels.twilio.parse import parse
from connector.channels.twilio.received import received
from connector.channels.twilio.senders import is_short_code
from connector.channels.twilio.signature import verify
from connector.domain.conversation import Media
from connector.domain.files import File
from connector.domain.ids import Address, ExternalId
from connector.domain.limits import Limit
from connector.domain.media import MediaLimits
from connector.domain.window import Window
from connector.upkeep import Check, Piece, Site

SILENT = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'


class Twilio:
    open_for: timedelta  # there only where it matters: a template may have to be sent
    capabilities = Capabilities(max_text=MAX_BODY, has_phone_numbers=True)

    def __init__(self, config: TwilioConfig) -> None:
        self._config = config
        self._messages = Messages(config)
        self._files = Files(config)
        if template.may_be_sent(config):
            self.open_for = template.OPEN_FOR
        # Twilio answers for all senders but a short code that is in no messaging service.
        self.answers_consent = is_short_code(config.number or "")

    def verify(self, request: WebhookRequest) -> None:
        """Raise BadSignature unless one of our tokens signed exactly this request."""
        verify(request, self._config.auth_tokens)

    def parse(self, request: WebhookRequest) -> Sequence[Inbound]:
        """Read a verified request. Raise MalformedPayload or UnknownEndpoint."""
        return parse(request, self._config)

    def acknowledge(self) -> WebhookReply:
        """TwiML that says nothing: the answer is sent later, by ourselves."""
        return WebhookReply(SILENT, "text/xml; charset=utf-8")

    def send(self, message: Outbound) -> ExternalId:
        """Send, returning Twilio's sid. Raise Transient, Rejected or Uncertain."""
        return self._messages.create(message)

    def media_limits(self, customer: Address) -> MediaLimits | None:
        return media.limits(self._config, customer)

    def template_window(self, customer: Address) -> Window | None:
        return template.window(self._config, customer)

    def limits_of(self, message: Outbound) -> Sequence[Limit]:
        return pace.of_message(self._config, message, self._messages.body(message))

    def find_sent(
        self, message: Outbound, since: datetime, known: frozenset[ExternalId]
    ) -> ExternalId | None:
        """The sid of a message that Twilio took, or None. Raise Transient if it can't be asked."""
        return self._messages.find(message, since, known)

    def fetch(self, media: Media, name: str) -> File:
        """What a customer attached. Raise Transient or Rejected."""
        return self._files.fetch(media, name)

    def received(self, since: datetime) -> Sequence[Received]:
        """What customers wrote at or after `since`, oldest first. Raise Transient."""
        return received(self._messages, self._config, since)

    def pieces(self, site: Site) -> Sequence[Piece]:
        return pieces.pieces(Account(self._config), site)

    def checks(self, site: Site) -> Sequence[Check]:
        return pieces.checks(Account(self._config), site)
