"""Sending: POST /<version>/<phone number id>/messages."""

from __future__ import annotations

from typing import Any

from connector.channels.base import BEST_EFFORT_SECONDS, ChoiceLimits, Outbound
from connector.channels.meta import Graph
from connector.channels.payload import identifier, sections
from connector.channels.whatsapp_cloud.config import WhatsAppConfig
from connector.channels.whatsapp_cloud.outgoing import (
    IMAGES,
    PROVIDER,
    SOUNDS,
    VIDEOS,
    content,
    template,
)
from connector.channels.whatsapp_cloud.parse import PREFIX
from connector.channels.whatsapp_cloud.refusals import MEANINGS
from connector.domain.ids import ExternalId
from connector.domain.media import MediaLimits

MB = 1000 * 1000
# https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types
LIMITS = MediaLimits(
    sizes=(
        *((kind, 5 * MB) for kind in IMAGES),
        *((kind, 16 * MB) for kind in (*VIDEOS, *SOUNDS)),
        ("application/*", 25 * MB), ("text/plain", 25 * MB),
    ),
    files=1,
    total=25 * MB,
)  # fmt: skip


CHOICES = ChoiceLimits(most=3, characters=20, max_text=1024)


class Messages:
    def __init__(self, config: WhatsAppConfig) -> None:
        self._config = config
        self._graph = Graph(config, PROVIDER, MEANINGS)
        self._path = f"{config.phone_number_id}/messages"

    def send(self, message: Outbound) -> ExternalId:
        """Send it. Raise Transient, Rejected or Uncertain."""
        fields = {"messaging_product": "whatsapp", "recipient_type": "individual"}
        body = self._graph.post(self._path, {**fields, **_to(message), **self._content(message)})
        for sent in sections(body.get("messages")):
            if found := identifier(sent.get("id")):
                return ExternalId(found)
        raise self._graph.unproven()

    def _content(self, message: Outbound) -> dict[str, Any]:
        if message.window_closed and self._config.template:
            return template(message, self._config.template, self._config.template_language)
        return content(message)

    def read(self, message: ExternalId, *, typing: bool) -> None:
        """Two blue ticks, and three dots beside them. Raise ProviderError.

        https://developers.facebook.com/docs/whatsapp/cloud-api/typing-indicators
        """
        told: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": message,
        }
        if typing:
            told["typing_indicator"] = {"type": "text"}
        self._graph.post(self._path, told, timeout=BEST_EFFORT_SECONDS)


def _to(message: Outbound) -> dict[str, str]:
    """A phone number, or a user's id that is none."""
    bare = message.customer.removeprefix(PREFIX)
    return {"to": bare} if bare.startswith("+") else {"recipient": bare}
