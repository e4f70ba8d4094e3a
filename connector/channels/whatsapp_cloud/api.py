"""Sending: POST /<version>/<phone number id>/messages."""

from __future__ import annotations

from typing import Any

from connector.channels.base import Outbound
from connector.channels.meta import Graph
from connector.channels.payload import identifier, sections
from connector.channels.whatsapp_cloud.config import WhatsAppConfig
from connector.channels.whatsapp_cloud.parse import PREFIX
from connector.channels.whatsapp_cloud.refusals import MEANINGS
from connector.domain.conversation import Media
from connector.domain.ids import ExternalId

PROVIDER = "whatsapp_cloud"
MAX_CAPTION = 1024
_FAMILIES = ("image", "video", "audio")


class Messages:
    def __init__(self, config: WhatsAppConfig) -> None:
        self._graph = Graph(config, PROVIDER, MEANINGS)
        self._path = f"{config.phone_number_id}/messages"

    def send(self, message: Outbound) -> ExternalId:
        """Send it. Raise Transient, Rejected or Uncertain."""
        fields = {"messaging_product": "whatsapp", "recipient_type": "individual"}
        body = self._graph.post(self._path, {**fields, **_to(message), **_content(message)})
        for sent in sections(body.get("messages")):
            if found := identifier(sent.get("id")):
                return ExternalId(found)
        raise self._graph.unproven()


def _to(message: Outbound) -> dict[str, str]:
    """A phone number, or a user's id that is none."""
    bare = message.customer.removeprefix(PREFIX)
    return {"to": bare} if bare.startswith("+") else {"recipient": bare}


def _content(message: Outbound) -> dict[str, Any]:
    """A text that is too long for a caption goes with the file's link."""
    files = message.media
    if len(files) == 1 and _fits(files[0], message.text):
        return _file(files[0], message.text)
    said = "\n".join([message.text, *(file.url for file in files)]).strip()
    return {"type": "text", "text": {"body": said, "preview_url": False}}


def _fits(file: Media, caption: str) -> bool:
    # A recording has no caption.
    most = 0 if file.content_type.startswith("audio/") else MAX_CAPTION
    return len(caption) <= most


def _file(file: Media, caption: str) -> dict[str, Any]:
    family = file.content_type.partition("/")[0]
    kind = family if family in _FAMILIES else "document"
    told = {"link": file.url}
    if caption:
        told["caption"] = caption
    if kind == "document" and file.name:
        told["filename"] = file.name
    return {"type": kind, kind: told}
