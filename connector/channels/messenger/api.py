"""Sending: POST /<version>/me/messages, as the page that the access token is of."""

from __future__ import annotations

from typing import Any

from connector.channels.base import BEST_EFFORT_SECONDS, ChoiceLimits, Outbound
from connector.channels.messenger.config import MessengerConfig
from connector.channels.messenger.refusals import MEANINGS
from connector.channels.meta import Graph
from connector.channels.payload import identifier
from connector.domain.ids import Address, ExternalId
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
CHOICES = ChoiceLimits(most=13, characters=20, max_text=2000)
_FAMILIES = ("image", "video", "audio")


class Messages:
    def __init__(self, config: MessengerConfig) -> None:
        self._human_agent = config.human_agent
        self._graph = Graph(config, PROVIDER, MEANINGS)

    def send(self, message: Outbound) -> ExternalId:
        """Send it. Raise Transient, Rejected or Uncertain."""
        told = {
            "recipient": {"id": message.customer},
            **self._why(message),
            "message": _content(message),
        }
        found = identifier(self._graph.post("me/messages", told).get("message_id"))
        if not found:
            raise self._graph.unproven()
        return ExternalId(found)

    def _why(self, message: Outbound) -> dict[str, str]:
        """What lets us write: the customer's own message, or for seven days that a person answers it.

        https://developers.facebook.com/docs/messenger-platform/send-messages/message-tags
        """
        if message.window_closed and message.by_agent and self._human_agent:
            return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        return {"messaging_type": "RESPONSE"}

    def show(self, customer: Address, action: str) -> None:
        """mark_seen, or typing_on. Raise ProviderError."""
        told = {"recipient": {"id": customer}, "sender_action": action}
        self._graph.post("me/messages", told, timeout=BEST_EFFORT_SECONDS)


def _content(message: Outbound) -> dict[str, Any]:
    """Messenger takes words or one file, never both: a file with words goes as its link."""
    if len(message.media) == 1 and not message.text:
        (file,) = message.media
        family = file.content_type.partition("/")[0]
        kind = family if family in _FAMILIES else "file"
        return {"attachment": {"type": kind, "payload": {"url": file.url, "is_reusable": False}}}
    said = {"text": "\n".join([message.text, *(file.url for file in message.media)]).strip()}
    if not message.choices:
        return said
    # A tap comes back as a message with the title as its text.
    replies = [
        {"content_type": "text", "title": title, "payload": title} for title in message.choices
    ]
    return {**said, "quick_replies": replies}
