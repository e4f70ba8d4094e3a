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
from connector.domain.media import MediaLimits

PROVIDER = "whatsapp_cloud"
MAX_CAPTION = 1024
MB = 1000 * 1000
_IMAGES = ("image/jpeg", "image/png")
_VIDEOS = ("video/mp4", "video/3gpp")
_SOUNDS = ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg")
_KINDS = {**dict.fromkeys(_IMAGES, "image"), **dict.fromkeys(_VIDEOS, "video"),
          **dict.fromkeys(_SOUNDS, "audio")}  # fmt: skip
# https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types
LIMITS = MediaLimits(
    sizes=(
        *((kind, 5 * MB) for kind in _IMAGES),
        *((kind, 16 * MB) for kind in (*_VIDEOS, *_SOUNDS)),
        ("application/*", 25 * MB), ("text/plain", 25 * MB),
    ),
    files=1,
    total=25 * MB,
)  # fmt: skip


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
    most = 0 if file.content_type in _SOUNDS else MAX_CAPTION
    return len(caption) <= most


def _file(file: Media, caption: str) -> dict[str, Any]:
    kind = _KINDS.get(file.content_type, "document")
    told = {"link": file.url}
    if caption:
        told["caption"] = caption
    if kind == "document" and file.name:
        told["filename"] = file.name
    return {"type": kind, kind: told}
