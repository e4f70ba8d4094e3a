"""Answering in a conversation as the configured teammate, and finding an answer that may have been taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connector.channels.base import Outbound
from connector.channels.intercom.api import PROVIDER, Api
from connector.channels.intercom.body import as_html, read
from connector.channels.intercom.config import IntercomConfig
from connector.channels.intercom.parse import listed_parts
from connector.channels.intercom.parts import key
from connector.channels.payload import Section, identifier, number, section, sections
from connector.domain.ids import ExternalId
from connector.domain.media import MediaLimits
from connector.errors import Rejected, Uncertain

SEND, FIND = "send", "find_sent"
SKEW = timedelta(seconds=5)  # Intercom's clock, and its times cut to the second
MB = 1000 * 1000
# `attachment_urls` takes addresses of images, ten at most; other files go as links in the text.
# Intercom states no size for them: this is what its Messenger shows without delay.
LIMITS = MediaLimits(
    sizes=(("image/jpeg", 10 * MB), ("image/png", 10 * MB), ("image/gif", 10 * MB)),
    files=10,
    total=40 * MB,
)


class Replies:
    def __init__(self, config: IntercomConfig, api: Api) -> None:
        self._admin = config.admin_id
        self._api = api

    def send(self, message: Outbound) -> ExternalId:
        """The part's id. Raise Transient, Rejected or Uncertain."""
        thread = key(message.thread)
        if not thread:
            meaning = "it is not known in which Intercom conversation the customer wrote"
            raise Rejected("intercom send: no conversation", meaning=meaning, provider=PROVIDER,
                           operation=SEND, code="no_conversation")  # fmt: skip
        path = f"/conversations/{thread}/reply"
        body = self._api.post(SEND, path, _fields(self._admin, message))
        sent = _last(listed_parts(body), self._admin)
        if sent is not None:
            return sent
        if body.get("type") == "conversation" and key(body.get("id")) == thread:
            return ExternalId(f"{thread}:{message.key}")  # taken, and not among the parts shown
        raise Uncertain("intercom send: an answer without the conversation", provider=PROVIDER,
                        operation=SEND, status=200)  # fmt: skip

    def find(
        self, message: Outbound, since: datetime, known: frozenset[ExternalId]
    ) -> ExternalId | None:
        """The id of this message's part, None if there is none. Raise Transient, or Rejected if
        the conversation is gone.
        """
        path = f"/conversations/{key(message.thread)}"
        body = self._api.read(FIND, path, "conversation_parts")
        for part in listed_parts(body):
            found = ExternalId(key(part.get("id")))
            if found and found not in known and self._is(part, message, since):
                return found
        return None

    def _is(self, part: Section, message: Outbound, since: datetime) -> bool:
        at = number(part.get("created_at"))
        recent = at is not None and at >= (since - SKEW).timestamp()
        shown = read(part.get("body"), html=True)
        # Our pictures may be shown as attachments, or within the text.
        pictures = len(sections(part.get("attachments"))) or len(shown.images)
        fits = _bare(shown.text) == _bare(_said(message)) and pictures == len(message.media)
        return recent and fits and is_ours(part, self._admin)


def is_ours(part: Section, admin: str) -> bool:
    """Words to the customer by our teammate: not an internal note."""
    author = section(part.get("author"))
    mine = author.get("type") == "admin" and identifier(author.get("id")) == admin
    return mine and not str(part.get("part_type")).startswith("note")


def _fields(admin: str, message: Outbound) -> Mapping[str, Any]:
    fields: dict[str, Any] = {
        "message_type": "comment",
        "type": "admin",
        "admin_id": admin,
        "body": as_html(_said(message)),
    }
    if message.media:
        fields["attachment_urls"] = [file.url for file in message.media]
    return fields


def _said(message: Outbound) -> str:
    """A comment without a body is refused: a picture alone goes with its name."""
    return message.text or next((file.name for file in message.media if file.name), "Picture")


def _last(parts: Sequence[Section], admin: str) -> ExternalId | None:
    mine = [part for part in parts if is_ours(part, admin)]
    newest = max(mine, key=lambda part: number(part.get("created_at")) or 0, default=None)
    found = "" if newest is None else key(newest.get("id"))
    return ExternalId(found) if found else None


def _bare(text: str) -> str:
    """Intercom makes paragraphs of lines: blanks prove nothing."""
    return "".join(text.split())
