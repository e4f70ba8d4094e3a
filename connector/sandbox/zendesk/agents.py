"""The agent's side: what people do in Zendesk, as a test or the page does it for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.sandbox.zendesk import taken_back
from connector.sandbox.zendesk.refusals import invalid, missing
from connector.sandbox.zendesk.tickets import SYSTEM, Ticket, Tickets, Writer
from connector.sandbox.zendesk.users import Json, Users

WEB: Json = {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}}
EMAIL: Json = {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}}
RULE: Json = {"channel": "rule", "source": {"from": {}, "to": {}, "rel": "trigger"}}
MERGE: Json = {"channel": "web", "source": {"from": {}, "to": {}, "rel": "merge"}}
MERGED_TAG = "closed_by_merge"
# What a click on a macro does to a ticket: tags that are added, tags that are taken off.
MACROS: dict[str, Json] = {
    "Hand back to the bot": {"additional_tags": ["bot_resume"]},
    "Keep the bot out": {"additional_tags": ["bot_pause"]},
    "Let the bot in again": {"remove_tags": ["bot_pause"]},
    "Send again": {"additional_tags": ["connector_resend"]},
}


@dataclass(frozen=True)
class AttachmentView:
    name: str
    kind: str
    url: str


@dataclass(frozen=True)
class CommentView:
    """One comment as an agent sees it; one that is not public is an internal note."""

    id: int
    author: str
    role: str
    public: bool
    html: str
    plain: str
    at: datetime
    attachments: tuple[AttachmentView, ...]
    metadata: Json


@dataclass(frozen=True)
class TicketView:
    id: int
    external_id: str | None
    subject: str
    status: str
    priority: str | None
    tags: tuple[str, ...]
    group: str | None
    requester: str
    requester_phone: str | None
    custom_fields: Json
    comments: tuple[CommentView, ...]


def view(ticket: Ticket, users: Users, groups: dict[int, str]) -> TicketView:
    facts = ticket.facts
    person = users.find(facts["requester_id"]) or {}
    group = facts["group_id"]
    return TicketView(
        id=ticket.id,
        external_id=facts["external_id"],
        subject=facts["subject"] or facts["description"] or "",
        status=facts["status"],
        priority=facts["priority"],
        tags=tuple(facts["tags"]),
        group=None if group is None else groups.get(group, f"Group {group}"),
        requester=person.get("name") or "",
        requester_phone=person.get("phone"),
        custom_fields={str(f["id"]): f["value"] for f in facts["custom_fields"]},
        comments=tuple(_comment(c, users) for c in ticket.comments),
    )


def _comment(facts: Json, users: Users) -> CommentView:
    author = users.find(facts["author_id"]) or {"name": "System", "role": "system"}
    files = tuple(
        AttachmentView(a["file_name"], a["content_type"], a["content_url"])
        for a in facts["attachments"]
    )
    return CommentView(
        id=facts["id"],
        author=author["name"],
        role=author["role"],
        public=facts["public"],
        html=facts["html_body"],
        plain=facts["plain_body"],
        at=datetime.fromisoformat(facts["created_at"].replace("Z", "+00:00")),
        attachments=files,
        metadata=facts["metadata"],
    )


class Agents:
    """Not safe on its own: the twin's lock is held around each call."""

    def __init__(self, tickets: Tickets, users: Users) -> None:
        self._tickets, self._users = tickets, users

    def write(
        self,
        ticket: int,
        text: str,
        author: str,
        *,
        public: bool,
        html: str | None,
        solve: bool,
        uploads: Sequence[str],
    ) -> None:
        """As the agent of this name, in the browser; solving comes in the same update."""
        person = self._users.staff(author)
        comment: Json = {"public": public, "uploads": list(uploads)}
        comment |= {"html_body": html} if html is not None else {"body": text}
        given: Json = {"comment": comment}
        found = self._tickets.get(ticket)
        if solve:
            given |= {"status": "solved", "assignee_id": person["id"]}
        elif public and found.facts["status"] == "new":
            given["status"] = "open"
        self._tickets.update(found, given, Writer(person["id"], WEB))

    def change(self, ticket: int, given: Json, by: str) -> None:
        person = self._users.staff(by)
        self._tickets.update(self._tickets.get(ticket), given, Writer(person["id"], WEB))

    def close(self, ticket: int) -> None:
        """What Zendesk does by itself some days after the solve."""
        self._tickets.get(ticket).facts["status"] = "closed"

    def requester_writes(self, ticket: int, text: str) -> None:
        """The customer answers Zendesk's own e-mail."""
        found = self._tickets.get(ticket)
        given = {"comment": {"body": text, "public": True}}
        self._tickets.update(found, given, Writer(found.facts["requester_id"], EMAIL))

    def rule_writes(self, ticket: int, text: str) -> None:
        """A trigger or automation comments."""
        found = self._tickets.get(ticket)
        comment = {"body": text, "public": True, "author_id": SYSTEM}
        self._tickets.update(found, {"comment": comment}, Writer(SYSTEM, RULE))

    def writes_as(self, ticket: int, text: str, person: Json, *, light: bool = False) -> None:
        """By e-mail: somebody in copy, or a light agent, whose answer an admin lets be public."""
        found = self._tickets.get(ticket)
        if not light and person["id"] not in found.facts["email_cc_ids"]:
            found.facts["email_cc_ids"].append(person["id"])
        given = {"comment": {"body": text, "public": True}}
        self._tickets.update(found, given, Writer(person["id"], EMAIL))
        found.comments[-1]["public"] = True

    def redact(self, ticket: int, words: str, files: Sequence[str], by: str) -> None:
        """In the newest comment that has them."""
        found, writer = self._tickets.get(ticket), Writer(self._users.staff(by)["id"], WEB)
        for comment in reversed(found.comments):
            ids = [a["id"] for a in comment["attachments"] if a["file_name"] in files]
            if ids or (words and words in comment["plain_body"]):
                uploads = self._tickets.uploads
                taken_back.redact(self._tickets, uploads, found, comment, words, ids, writer)
                return
        raise missing()

    def make_private(self, ticket: int, words: str, by: str) -> None:
        found, writer = self._tickets.get(ticket), Writer(self._users.staff(by)["id"], WEB)
        for comment in reversed(found.comments):
            if words in comment["plain_body"]:
                taken_back.make_private(self._tickets, found, comment, writer)
                return
        raise missing()

    def delete(self, ticket: int) -> None:
        self._tickets.get(ticket).deleted = True

    def spam(self, ticket: int) -> None:
        """The ticket is deleted and who wrote it suspended, in one go."""
        found = self._tickets.get(ticket)
        found.deleted = True
        person = self._users.find(found.facts["requester_id"])
        if person is not None:
            person["suspended"] = True

    def macro(self, ticket: int, name: str, by: str) -> None:
        if name not in MACROS:
            raise missing()
        self.change(ticket, dict(MACROS[name]), by)

    def merge(self, source: int, target: int, by: str, *, public: bool) -> None:
        """The source is closed and says where it went; its last comment goes along."""
        person = self._users.staff(by)
        one, other = self._tickets.get(source), self._tickets.get(target)
        if one is other or other.facts["status"] == "closed":
            raise invalid("base", "Merge: target ticket can't be merged into")
        last = one.comments[-1]["plain_body"] if one.comments else ""
        writer = Writer(person["id"], MERGE)
        gone = f'This request was closed and merged into request #{target} "{_title(other)}".'
        came = f'Request #{source} "{_title(one)}" was closed and merged into this request.'
        told = f"{came} Last comment in request #{source}:\n\n{last}"
        said: Json = {"comment": {"body": gone, "public": public}, "status": "solved"}
        self._tickets.update(one, {**said, "additional_tags": [MERGED_TAG]}, writer)
        self._tickets.update(other, {"comment": {"body": told, "public": public}}, writer)
        one.facts["status"] = "closed"


def _title(ticket: Ticket) -> str:
    return str(ticket.facts["subject"] or "")
