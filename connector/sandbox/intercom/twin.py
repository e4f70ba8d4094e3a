"""One workspace: its contacts in the Messenger, its teammates, and one app that has a token."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from connector.sandbox.changes import Changes
from connector.sandbox.chat import Said
from connector.sandbox.courier import Delivery
from connector.sandbox.intercom.api import Api
from connector.sandbox.intercom.conversations import (
    Author,
    Conversation,
    Part,
    as_html,
    as_stored,
    as_text,
)
from connector.sandbox.intercom.notices import Notices
from connector.sandbox.intercom.refusals import RefusedError, error_list
from connector.sandbox.twin import Now, Twin, utc_now

WINDOW, CALLS = timedelta(seconds=10), 1667  # ten thousand a minute
APP, OUR_CODE = "abc123", "connector-x7f"
ADMIN, TEAMMATE = Author("admin", "991267696", "Support"), Author("admin", "991267715", "Ana Silva")
_OPS: Mapping[str, Callable[[int, int], bool]] = {
    ">": lambda a, b: a > b, "<": lambda a, b: a < b, "=": lambda a, b: a == b,
}  # fmt: skip
_TOPICS = {"close": "closed", "snoozed": "snoozed", "open": "opened", "assignment": "assigned"}


class IntercomTwin(Twin):
    """A customer is a contact's id. `plain_webhooks`: the app's version is 2.15 or newer."""

    name = "intercom"

    def __init__(
        self,
        access_token: str,
        client_secret: str,
        webhook_url: str = "",
        *,
        region: str = "US",
        plain_webhooks: bool = True,
        changes: Changes | None = None,
        now: Now = utc_now,
        port: int = 0,
    ) -> None:
        self.access_token, self.region, self.app_id = access_token, region, APP
        self.plain_webhooks = plain_webhooks
        self.admin = ADMIN
        self.conversations: dict[str, Conversation] = {}
        self.files: dict[str, tuple[str, str, bytes]] = {}  # signature, kind, content
        self.calls_a_window = CALLS
        self._calls: deque[datetime] = deque()
        self._numbers, self._parts = itertools.count(524), itertools.count(132)
        self.notices = Notices(webhook_url, client_secret, APP, now)
        super().__init__(Api(self).app, self.notices.courier, changes, now, port)

    # What the customer does

    def customer_says(
        self, text: str, *, customer: str, name: str = "", new: bool = False,
        attachments: list[dict[str, Any]] | None = None,
    ) -> Delivery:  # fmt: skip
        """The words are in the Messenger at once, and on their way. `new`: in a new conversation."""
        body = as_html(text) if text else None
        with self.lock:
            last = self.last_of(customer)
            found = None if new else last
            author = Author("user", customer, name or (last.contact.name if last else "Zoe"))
            kind = "comment" if found is None or found.state == "open" else "open"
            part = Part(str(next(self._parts)), kind, author, body, self.now(), attachments or [])
            if found is None:
                found = Conversation(str(next(self._numbers)), author, part, part.at)
                self.conversations[found.id] = found
                told, topic = found.shown(plain=self.plain_webhooks, parts=[]), "user.created"
            else:
                found.add(part)
                found.state, found.snoozed_until = "open", None
                told, topic = found.shown(plain=self.plain_webhooks, parts=[part]), "user.replied"
        self.changes.bump()
        return self.notices.put(f"conversation.{topic}", told)

    def customer_sends_file(
        self, name: str, kind: str, data: bytes, *, customer: str, caption: str = ""
    ) -> Delivery:
        signature = token_hex(8)
        self.files[name] = (signature, kind, data)
        told = {"type": "upload", "name": name, "content_type": kind, "filesize": len(data),
                "url": f"{self.url}/files/{name}?signature={signature}"}  # fmt: skip
        return self.customer_says(caption, customer=customer, attachments=[told])

    def last_of(self, customer: str) -> Conversation | None:
        """The conversation that the customer's Messenger shows first."""
        own = [c for c in self.conversations.values() if c.contact.id == customer]
        return max(own, key=lambda c: (c.updated, int(c.id)), default=None)

    # What teammates and the app do

    def teammate_writes(self, conversation: str, text: str, *, note: bool = False) -> Delivery:
        """In Intercom itself, by hand."""
        with self.lock:
            kind = "note" if note else "comment"
            return self._say(self.known(conversation), kind, TEAMMATE, as_html(text), [], None)

    def admin_says(
        self, found: Conversation, admin: str, kind: str, body: str, urls: list[str]
    ) -> None:
        """By the app, in a teammate's name. Raise RefusedError."""
        author = self.known_admin(admin)
        files = [{"type": "upload", "name": "file", "url": url, "content_type": ""} for url in urls]
        self._say(found, kind, author, as_stored(body), files, OUR_CODE)

    def _say(
        self, found: Conversation, kind: str, author: Author, body: str,
        files: list[dict[str, Any]], app: str | None,
    ) -> Delivery:  # fmt: skip
        reopens = kind == "comment" and found.state != "open"
        kind = "open" if reopens else kind
        found.state = "open" if reopens else found.state
        part = found.add(Part(str(next(self._parts)), kind, author, body, self.now(), files, app))
        topic = "noted" if kind == "note" else "replied"
        self.changes.bump()
        told = found.shown(plain=self.plain_webhooks, parts=[part])
        return self.notices.put(f"conversation.admin.{topic}", told)

    def change(self, found: Conversation, admin: str, given: Mapping[str, Any]) -> None:
        """Close, snooze, open or assign. Raise RefusedError."""
        author, kind = self.known_admin(admin), str(given["message_type"])
        if kind == "assignment":
            self._assign(found, str(given["type"]), str(given["assignee_id"]))
        else:
            states: Any = {"close": "closed", "snoozed": "snoozed", "open": "open"}
            found.state = states[kind]
            found.snoozed_until = given.get("snoozed_until")
        part = Part(str(next(self._parts)), kind, author, None, self.now(), app=OUR_CODE)
        found.add(part)
        self.changes.bump()
        told = found.shown(plain=self.plain_webhooks, parts=[part])
        self.notices.put(f"conversation.admin.{_TOPICS[kind]}", told)

    @staticmethod
    def _assign(found: Conversation, kind: str, to: str) -> None:
        if kind not in ("admin", "team") or not to.isdigit():
            raise RefusedError(404, "assignee_not_found", "Assignee not found")
        if kind == "team":
            found.team = int(to)
        else:
            found.admin = int(to)

    def deletes(self, conversation: str) -> Delivery:
        with self.lock:
            found = self.conversations.pop(conversation)
        return self.notices.put("conversation.deleted", {"type": "conversation", "id": found.id})

    def redacts(self, conversation: str, part: str) -> Delivery:
        with self.lock:
            found = self.known(conversation)
            redacted = next(p for p in found.parts if p.id == part)
            redacted.body, redacted.redacted = "<p><i>This message was deleted</i></p>", True
            told = found.shown(plain=self.plain_webhooks, parts=[redacted])
        return self.notices.put("conversation_part.redacted", told)

    def ping(self) -> Delivery:
        return self.notices.put("ping", {"type": "ping", "message": "something something interzen"})

    # What the API asks

    def known(self, conversation: str) -> Conversation:
        found = self.conversations.get(conversation)
        if found is None:
            raise RefusedError(404, "not_found", "Resource Not Found")
        return found

    def known_admin(self, admin: str) -> Author:
        for each in (ADMIN, TEAMMATE):
            if each.id == admin:
                return each
        raise RefusedError(404, "admin_not_found", "Admin not found")

    def search(self, query: Any) -> list[Conversation]:
        """By `updated_at`, compared to the second; newest first."""
        filters = query["value"] if "field" not in query else [query]
        join = all if query.get("operator") == "AND" else any
        if any(f["field"] != "updated_at" or f["operator"] not in _OPS for f in filters):
            raise RefusedError(400, "parameter_invalid", "not a filter of this twin")

        def fits(found: Conversation) -> bool:
            at = int(found.updated.timestamp())
            return join(_OPS[f["operator"]](at, int(f["value"])) for f in filters)

        known = filter(fits, self.conversations.values())
        return sorted(known, key=lambda c: c.updated, reverse=True)

    def count_call(self) -> None:
        """Raise RefusedError for one too many within ten seconds."""
        with self.lock:
            now = self.now()
            while self._calls and self._calls[0] <= now - WINDOW:
                self._calls.popleft()
            if len(self._calls) >= self.calls_a_window:
                raise RefusedError(429, "rate_limit_exceeded", "Exceeded rate limit")
            self._calls.append(now)

    def room(self) -> Mapping[str, str]:
        with self.lock:
            ends = (self._calls[0] if self._calls else self.now()) + WINDOW
            left = max(self.calls_a_window - len(self._calls), 0)
        return {
            "X-RateLimit-Limit": str(self.calls_a_window),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": str(int(ends.timestamp()) + 1),
        }

    # What a test or the page asks

    def conversation(self, customer: str) -> list[Said]:
        """What the customer's Messenger shows of all their conversations, oldest first."""
        with self.lock:
            own = [c for c in self.conversations.values() if c.contact.id == customer]
            parts = [part for c in own for part in (c.first, *c.parts) if _is_shown(part)]
        return [_said(customer, part) for part in sorted(parts, key=lambda p: int(p.id))]

    def customers(self) -> list[str]:
        with self.lock:
            return list(dict.fromkeys(c.contact.id for c in self.conversations.values()))

    def error(self, status: int) -> Any:
        known = {401: "unauthorized", 404: "not_found", 429: "rate_limit_exceeded"}
        return error_list(known.get(status, "server_error"), "It did not work")

    def state(self) -> Any:
        with self.lock:
            return {"conversations": [asdict(c) for c in self.conversations.values()]}

    def actions(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "customer_says": lambda **said: self.customer_says(**said).body.decode(),
            "teammate_writes": lambda **said: self.teammate_writes(**said).body.decode(),
            "conversation": self.conversation,
            "look": self.notices.look,
            "ping": lambda: self.ping().body.decode(),
            "hold": self.courier.hold,
            "release": self.courier.release,
            "drop": self.courier.drop,
            "duplicate": self.courier.duplicate,
            "idle": self.courier.idle,
        }


def _is_shown(part: Part) -> bool:
    return part.is_said or (bool(part.attachments) and part.kind != "note")


def _said(customer: str, part: Part) -> Said:
    inbound = part.author.type in ("user", "lead")
    media = part.attachments[0]["url"] if part.attachments else ""
    text = as_text(part.body or "")
    return Said(part.id, "inbound" if inbound else "outbound", customer, text, part.at, "sent",
                media=media)  # fmt: skip
