"""Redaction: what an agent blots out in a comment, for good; also on a closed ticket."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any

from connector.sandbox.zendesk.refusals import invalid, missing, only
from connector.sandbox.zendesk.tickets import Ticket, Tickets, Writer
from connector.sandbox.zendesk.uploads import Uploads

Json = dict[str, Any]
SIGN, FILE = "\u2587", "redacted.txt"
_BLOTTED = re.compile(r"<redact>(.*?)</redact>", re.DOTALL)
_HIDDEN = re.compile(r"<[^>]* redact/?>")
_MARKS = re.compile(r"</?redact>|(<[^>]*?) redact(/?)>")
_TAG = re.compile(r"<[^>]*>")


def redact(
    tickets: Tickets, uploads: Uploads, ticket: Ticket, comment: Json, words: str, files: list[int],
    writer: Writer,
) -> None:  # fmt: skip
    """Each character of the words becomes a sign, each file a text that says so."""
    for part, gone in (("body", words), ("plain_body", words), ("html_body", escape(words, False))):
        if gone:
            comment[part] = comment[part].replace(gone, SIGN * len(words))
    for attachment in comment["attachments"]:
        if attachment["id"] in files:
            uploads.blot(attachment, FILE)
    event = {"type": "CommentRedactionEvent", "comment_id": comment["id"]}
    tickets.record(ticket, event, writer)


def blot(tickets: Tickets, number: str, given: Json, writer: Writer) -> tuple[Ticket, Json]:
    """What stands within <redact>, and the tags that have the attribute; also on a closed ticket."""
    only(given, frozenset({"ticket_id", "html_body", "external_attachment_urls"}), "redaction")
    ticket = tickets.get(given.get("ticket_id"))
    comment = next((c for c in ticket.comments if str(c["id"]) == number), None)
    if comment is None:
        raise missing()
    html = given.get("html_body") or ""
    if html and _bare(html) != comment["html_body"]:
        raise invalid("html_body", "Html body: is not the comment's own")
    if html:
        comment["html_body"] = _BLOTTED.sub(lambda m: SIGN * len(unescape(m[1])), html)
        comment["html_body"] = _HIDDEN.sub("", comment["html_body"])
        # A rough reading of it: what is left are signs.
        comment["body"] = comment["plain_body"] = _TAG.sub("", comment["html_body"])
    if comment is ticket.comments[0]:
        ticket.facts["description"] = comment["body"]
    files = given.get("external_attachment_urls") or ()
    for attachment in comment["attachments"]:
        if attachment["content_url"] in files:
            tickets.uploads.blot(attachment, FILE)
    for audit in ticket.audits:
        for event in audit["events"]:
            if event.get("id") == comment["id"]:
                event |= {name: comment[name] for name in ("body", "plain_body", "html_body")}
    event = {"type": "CommentRedactionEvent", "comment_id": comment["id"]}
    tickets.record(ticket, event, writer)
    return ticket, comment


def _bare(html: str) -> str:
    """Without the marks."""
    return _MARKS.sub(lambda m: f"{m[1]}{m[2]}>" if m[1] else "", html)


def make_private(tickets: Tickets, ticket: Ticket, comment: Json, writer: Writer) -> None:
    comment["public"] = False
    event = {"type": "CommentPrivacyChange", "comment_id": comment["id"], "public": False}
    tickets.record(ticket, event, writer)
