"""Redaction: what an agent blots out in a comment, for good; also on a closed ticket."""

from __future__ import annotations

from html import escape
from typing import Any

from connector.sandbox.zendesk.tickets import Ticket, Tickets, Writer
from connector.sandbox.zendesk.uploads import Uploads

Json = dict[str, Any]
SIGN, FILE = "\u2587", "redacted.txt"


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


def make_private(tickets: Tickets, ticket: Ticket, comment: Json, writer: Writer) -> None:
    comment["public"] = False
    event = {"type": "CommentPrivacyChange", "comment_id": comment["id"], "public": False}
    tickets.record(ticket, event, writer)
