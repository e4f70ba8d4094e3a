"""A forgotten customer's ticket in Zendesk: what its API lets us blot out, and what it does not.

Redaction is for good, also on closed tickets and in their audits: each character becomes a sign. It
needs the Agent Workspace, and the right to redact (Zendesk's documentation of comment redactions).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from connector.domain.ids import ExternalId, TicketId
from connector.errors import Rejected
from connector.helpdesks.base import Blotted
from connector.helpdesks.zendesk.client import Client, Json
from connector.helpdesks.zendesk.comments import Listed, newest
from connector.helpdesks.zendesk.refusals import GONE
from connector.helpdesks.zendesk.whose import BLOTTED, BLOTTED_FILE

SUBJECT = NAME = "Forgotten customer"
OWN = "connector:"  # how the external ids begin of the people that we made
_PIECE = re.compile(r"<[^>]*>|[^<]+")
_SHOWS = re.compile(r"<(a|img)\b", re.IGNORECASE)
_END = re.compile(r"\s*(/?)>$")
_WORDS = re.compile(rf"[^\s{BLOTTED}]")
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|\w+);")


def redact(
    client: Client,
    ticket: TicketId,
    comments: Sequence[ExternalId],
    fields: Sequence[str],
    *,
    person: bool,
) -> Blotted:
    """Raise Transient. A ticket that is gone has nothing left to take out."""
    try:
        found = client.read("read_ticket", f"tickets/{ticket}.json", _ticket)
        done, left = _comments(client, ticket, comments, found["requester_id"])
    except Rejected as refused:
        if refused.code != GONE:
            raise
        return Blotted(0, ())
    if comments:
        return Blotted(done, tuple(left))  # the ticket is somebody else's too
    left += _facts(client, ticket, fields, found["status"])
    if person and found["requester_id"]:
        left += _person(client, found["requester_id"])
    return Blotted(done, tuple(left))


def _ticket(body: Json) -> dict[str, Any]:
    ticket = body["ticket"]
    if ticket["status"] == "deleted":
        raise Rejected("deleted", code=GONE)
    return {"status": str(ticket["status"]), "requester_id": ticket.get("requester_id")}


def _comments(
    client: Client, ticket: TicketId, only: Sequence[ExternalId], requester: int | None
) -> tuple[int, list[str]]:
    done, left = 0, list[str]()
    for page in newest(client, ticket):
        for each in page.comments:
            mine = each.id in only if only else each.keys or each.raw.get("author_id") == requester
            if mine and (order := _order(ticket, each)):
                failure = _blot(client, each, order)
                left += [f"comment {each.id}: {failure}"] if failure else []
                done += not failure
    return done, left


def _order(ticket: TicketId, each: Listed) -> dict[str, Any]:
    """What Zendesk is to blot out; {} where nothing is left to be."""
    order: dict[str, Any] = {}
    html = str(each.raw.get("html_body") or "")
    if _WORDS.search("".join(_texts(html))) or _SHOWS.search(html):
        order["html_body"] = marked(html)
    files = [
        str(file["content_url"])
        for file in each.raw.get("attachments") or ()
        if isinstance(file, dict) and file.get("content_url") and not _is_gone(file)
    ]
    if files:
        order["external_attachment_urls"] = files
    return order | {"ticket_id": int(ticket)} if order else {}


def _is_gone(file: Json) -> bool:
    return file.get("deleted") is True or file.get("file_name") == BLOTTED_FILE


def _texts(html: str) -> Iterator[str]:
    return (_ENTITY.sub("x", p) for p in _PIECE.findall(html) if not p.startswith("<"))


def marked(html: str) -> str:
    """All its words within <redact>, and links and pictures with the attribute `redact`."""

    def mark(match: re.Match[str]) -> str:
        piece = match.group()
        if piece.startswith("<"):
            return _END.sub(r" redact\1>", piece) if _SHOWS.match(piece) else piece
        return f"<redact>{piece}</redact>" if piece.strip() else piece

    return _PIECE.sub(mark, html)


def _blot(client: Client, each: Listed, order: Json) -> str:
    """Why it was refused, in words, or ""."""
    try:
        client.send("redact_comment", "PUT", f"comment_redactions/{each.id}.json", order)
    except Rejected as refused:
        return refused.meaning
    return ""


def _facts(client: Client, ticket: TicketId, fields: Sequence[str], status: str) -> list[str]:
    """Its subject and fields, which can't be redacted, only replaced; and not on a closed ticket."""
    if status == "closed":
        return ["its subject and fields: a closed ticket takes no changes"]
    emptied = [{"id": int(name), "value": None} for name in fields]
    facts = {"subject": SUBJECT} | ({"custom_fields": emptied} if emptied else {})
    try:
        client.send("replace_facts", "PUT", f"tickets/{ticket}.json", {"ticket": facts})
    except Rejected as refused:
        return [f"its subject and fields: {refused.meaning}"]
    return []


def _person(client: Client, number: int) -> list[str]:
    """The requester keeps their tickets, and has no name and no number any more."""

    def mine(body: Json) -> bool:
        return str(body["user"].get("external_id") or "").casefold().startswith(OWN)

    def phones(body: Json) -> list[int]:
        return [int(i["id"]) for i in body["identities"] if i.get("type") == "phone_number"]

    user = f"users/{number}"
    nobody = {"name": NAME, "phone": None, "external_id": None, "notes": ""}
    try:
        if not client.read("read_requester", f"{user}.json", mine):
            return [f"the person #{number}: they were in Zendesk before, or have been renamed"]
        for identity in client.read("read_requester", f"{user}/identities.json", phones):
            client.send("forget_requester", "DELETE", f"{user}/identities/{identity}.json")
        client.send("forget_requester", "PUT", f"{user}.json", {"user": nobody})
    except Rejected as refused:
        return [] if refused.code == GONE else [f"the person #{number}: {refused.meaning}"]
    return []
