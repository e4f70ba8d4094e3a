"""A message in WhatsApp's own shape: text, one file, buttons, or a template when the window is closed."""

from __future__ import annotations

from typing import Any

from connector.channels.base import Outbound
from connector.domain.conversation import Media
from connector.errors import Rejected

PROVIDER = "whatsapp_cloud"
MAX_CAPTION = 1024
IMAGES = ("image/jpeg", "image/png")
VIDEOS = ("video/mp4", "video/3gpp")
SOUNDS = ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg")
_KINDS = {**dict.fromkeys(IMAGES, "image"), **dict.fromkeys(VIDEOS, "video"),
          **dict.fromkeys(SOUNDS, "audio")}  # fmt: skip
# https://developers.facebook.com/docs/whatsapp/message-templates/guidelines: of a whole body.
MAX_TEMPLATE = 1024
TOO_LONG = "too_long_for_template"


def content(message: Outbound) -> dict[str, Any]:
    """A text that is too long for a caption goes with the file's link."""
    if message.choices and not message.media:
        return _buttons(message)
    files = message.media
    if len(files) == 1 and _fits(files[0], message.text):
        return _file(files[0], message.text)
    said = "\n".join([message.text, *(file.url for file in files)]).strip()
    return {"type": "text", "text": {"body": said, "preview_url": False}}


def _fits(file: Media, caption: str) -> bool:
    # A recording has no caption.
    most = 0 if file.content_type in SOUNDS else MAX_CAPTION
    return len(caption) <= most


def _file(file: Media, caption: str) -> dict[str, Any]:
    kind = _KINDS.get(file.content_type, "document")
    told = {"link": file.url}
    if caption:
        told["caption"] = caption
    if kind == "document" and file.name:
        told["filename"] = file.name
    return {"type": kind, kind: told}


def _buttons(message: Outbound) -> dict[str, Any]:
    """A tap comes back as a message with the button's title."""
    buttons = [
        {"type": "reply", "reply": {"id": f"choice-{number}", "title": title}}
        for number, title in enumerate(message.choices, 1)
    ]
    told = {"type": "button", "body": {"text": message.text}, "action": {"buttons": buttons}}
    return {"type": "interactive", "interactive": told}


def template(message: Outbound, name: str, language: str) -> dict[str, Any]:
    """All of it as the template's one variable, which can't hold a line break. Raise Rejected."""
    said = " ".join(" ".join([message.text, *(file.url for file in message.media)]).split())
    if len(said) > MAX_TEMPLATE:
        raise Rejected(
            "whatsapp_cloud send: too long for the template",
            meaning="WhatsApp's 24 hours are over, and the message is too long for the template "
            f"that is sent then (it takes {MAX_TEMPLATE} characters)",
            provider=PROVIDER, operation="send", code=TOO_LONG,
        )  # fmt: skip
    variable = {"type": "text", "text": said}
    told = {
        "name": name,
        "language": {"policy": "deterministic", "code": language},
        "components": [{"type": "body", "parameters": [variable]}],
    }
    return {"type": "template", "template": told}
