"""Sending: POST /<version>/me/messages, as the page that the access token is of."""

from __future__ import annotations

from typing import Any

from connector.channels.base import Outbound
from connector.channels.messenger.config import MessengerConfig
from connector.channels.messenger.refusals import MEANINGS
from connector.channels.meta import Graph
from connector.channels.payload import identifier
from connector.domain.ids import ExternalId
from connector.domain.media import MediaLimits

PROVIDER = "messenger"
MB = 1000 * 1000
# https://developers.facebook.com/docs/messenger-platform/send-messages/saving-assets
LIMITS = MediaLimits(
    sizes=(("image/*", 8 * MB), ("video/*", 25 * MB), ("audio/*", 25 * MB),
           ("application/*", 25 * MB), ("text/*", 25 * MB)),
    files=1,
    total=25 * MB,
)  # fmt: skip
_FAMILIES = ("image", "video", "audio")


class Messages:
    def __init__(self, config: MessengerConfig) -> None:
        self._graph = Graph(config, PROVIDER, MEANINGS)

    def send(self, message: Outbound) -> ExternalId:
        """Send it. Raise Transient, Rejected or Uncertain."""
        told = {
            "recipient": {"id": message.customer},
            "messaging_type": "RESPONSE",
            "message": _content(message),
        }
        found = identifier(self._graph.post("me/messages", told).get("message_id"))
        if not found:
            raise self._graph.unproven()
        return ExternalId(found)


def _content(message: Outbound) -> dict[str, Any]:
    """Messenger takes words or one file, never both: a file with words goes as its link."""
    if len(message.media) == 1 and not message.text:
        (file,) = message.media
        family = file.content_type.partition("/")[0]
        kind = family if family in _FAMILIES else "file"
        return {"attachment": {"type": kind, "payload": {"url": file.url, "is_reusable": False}}}
    return {"text": "\n".join([message.text, *(file.url for file in message.media)]).strip()}
