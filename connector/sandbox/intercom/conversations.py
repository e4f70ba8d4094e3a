"""What a workspace keeps: conversations and their parts, in the shapes that its API shows."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

State = Literal["open", "closed", "snoozed"]
_BREAK = re.compile(r"<br\s*/?>|</p>\s*<p>")
_TAG = re.compile(r"<[^>]*>")


def as_html(text: str) -> str:
    """What a person typed, as Intercom stores it."""
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in text.split("\n"))


def as_stored(body: str) -> str:
    """What an API client sent: HTML, in a paragraph unless it brings its own."""
    return body if body.startswith("<") else f"<p>{body}</p>"


def as_text(body: str) -> str:
    """What the Messenger shows."""
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", body)))


@dataclass(frozen=True)
class Author:
    type: str  # user | lead | admin | bot
    id: str
    name: str

    def shown(self) -> dict[str, Any]:
        return {"type": self.type, "id": self.id, "name": self.name, "email": None}


@dataclass
class Part:
    id: str
    kind: str  # comment | open | close | note | assignment | snoozed
    author: Author
    body: str | None  # HTML
    at: datetime
    attachments: list[dict[str, Any]] = field(default_factory=list)
    app: str | None = None  # the code of the app that made it, if one did
    redacted: bool = False

    @property
    def is_said(self) -> bool:
        """Whether the customer sees it."""
        return self.body is not None and self.kind != "note"

    def shown(self, *, plain: bool) -> dict[str, Any]:
        at = int(self.at.timestamp())
        return {
            "type": "conversation_part", "id": self.id, "part_type": self.kind,
            "body": as_text(self.body) if plain and self.body else self.body,
            "created_at": at, "updated_at": at, "notified_at": at, "assigned_to": None,
            "author": self.author.shown(), "attachments": self.attachments, "external_id": None,
            "redacted": self.redacted, "metadata": {}, "app_package_code": self.app,
        }  # fmt: skip


@dataclass
class Conversation:
    """`first` is its source, which is no part of it."""

    id: str
    contact: Author
    first: Part
    updated: datetime
    parts: list[Part] = field(default_factory=list)
    state: State = "open"
    snoozed_until: int | None = None
    admin: int = 0
    team: int = 0

    def add(self, part: Part) -> Part:
        self.parts.append(part)
        self.updated = part.at
        return part

    def shown(self, *, plain: bool, parts: list[Part] | None = None) -> dict[str, Any]:
        """With the newest 500 parts, or these; without any as an item of a list."""
        first = self.first
        body = as_text(first.body) if plain and first.body else first.body
        told: dict[str, Any] = {
            "type": "conversation", "id": self.id, "title": None,
            "created_at": int(first.at.timestamp()), "updated_at": int(self.updated.timestamp()),
            "waiting_since": None, "snoozed_until": self.snoozed_until, "read": True,
            "open": self.state == "open", "state": self.state, "priority": "none",
            "admin_assignee_id": self.admin, "team_assignee_id": self.team,
            "source": {
                "type": "conversation", "id": first.id, "delivered_as": "customer_initiated",
                "subject": "", "body": body, "author": first.author.shown(),
                "attachments": first.attachments, "url": None, "redacted": False,
            },
            "contacts": {"type": "contact.list", "contacts": [
                {"type": "contact", "id": self.contact.id, "external_id": None}]},
        }  # fmt: skip
        if parts is None:
            return told
        listed = [part.shown(plain=plain) for part in parts[-500:]]
        told["conversation_parts"] = {
            "type": "conversation_part.list", "conversation_parts": listed,
            "total_count": len(parts),
        }  # fmt: skip
        return told
