"""Whose a comment is, and what of it may leave: an agent's words and files, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from connector.domain.ids import ExternalId
from connector.domain.tickets import Attachment, Comment
from connector.helpdesks.zendesk.client import Json
from connector.helpdesks.zendesk.config import ZendeskConfig
from connector.helpdesks.zendesk.html import plain_text
from connector.helpdesks.zendesk.state import State

SYSTEM = -1
LIGHT_AGENT = 1  # role_type
STAFF = frozenset({"agent", "admin"})
RULES = frozenset({"trigger", "automation"})
EMAIL = frozenset({"email", "mail"})
# Zendesk's own writing in an agent's name.
SYSTEM_CHANNELS = frozenset({"system", "chat_transcript", "closed_ticket", "ticket_sharing"})
SYSTEM_RELATIONS = frozenset({"merge", "follow_up", "problem"})
# What Zendesk leaves of what was redacted: this sign for each character, this file for a file.
BLOTTED, BLOTTED_FILE = "\u2587", "redacted.txt"
NO_ACCESS = "Zendesk found malware in it"
UNREADABLE = "Zendesk's answer does not say which file it is"
People = Mapping[int, Json]


def comment(
    raw: Json, at: datetime, people: People, ticket: State, config: ZendeskConfig, *, ours: bool
) -> Comment:
    """`ours`: it carries our marker."""
    author = people.get(raw.get("author_id") or SYSTEM, {})
    rule = _by_rule(raw)
    configured = rule and config.automations
    return Comment(
        id=ExternalId(str(int(raw["id"]))),
        at=at,
        text=plain_text(raw),
        public=raw.get("public") is True,  # missing: private (A35)
        by_agent=configured or _speaks(raw, author, ticket, config),
        ours=ours,
        automatic=(rule or _by_system(raw)) and not configured,
        author_name=str(author.get("alias") or author.get("name") or ""),
        attachments=tuple(_attachments(raw)),
        redactions=redactions(raw),
    )


def known(number: ExternalId, at: datetime) -> Comment:
    """One that the cursor has: nothing of it goes out again."""
    return Comment(number, at, "", public=False, by_agent=False, ours=False, automatic=False)


def _speaks(raw: Json, author: Json, ticket: State, config: ZendeskConfig) -> bool:
    """Whether the customer is to hear this author: agents, and by policy those in copy."""
    number = author.get("id")
    if number is None:
        return False  # nobody whom we could name
    if number == ticket.requester and _via(raw)[0] in EMAIL:
        return False  # what they mailed themselves, whoever they are besides (A38)
    if author.get("role") in STAFF:
        return config.light_agents or author.get("role_type") != LIGHT_AGENT
    return config.ccs and number in ticket.copied and number != ticket.requester


def redactions(raw: Json) -> int:
    """How many characters and files of it were redacted."""
    body = raw.get("plain_body") or raw.get("body") or raw.get("html_body")
    signs: int = body.count(BLOTTED) if isinstance(body, str) else 0
    return signs + len([f for f in _files(raw) if f.get("file_name") == BLOTTED_FILE])


def _files(raw: Json) -> list[Json]:
    found = raw.get("attachments")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _attachments(raw: Json) -> Iterator[Attachment]:
    mailed = _via(raw)[0] in EMAIL
    for each in _files(raw):
        # Pictures within an e-mail are mostly the logos of its signature; "[image]" stands for them.
        decoration = mailed and each.get("inline") is True
        if each.get("deleted") is True or each.get("file_name") == BLOTTED_FILE or decoration:
            continue
        number, size = each.get("id"), each.get("size")
        yield Attachment(
            id=ExternalId(str(number)),
            name=str(each.get("file_name") or "file"),
            content_type=str(each.get("content_type") or "").partition(";")[0].strip().lower(),
            size=size if isinstance(size, int) else 0,
            refused=refused(each) if isinstance(number, int) else UNREADABLE,
        )


def refused(attachment: Json) -> str:
    """Why nobody outside may have this file, in words; "" if they may."""
    found = attachment.get("malware_scan_result") == "malware_found"
    return NO_ACCESS if found and attachment.get("malware_access_override") is not True else ""


def _via(raw: Json) -> tuple[str, str]:
    via: Any = raw.get("via")
    via = via if isinstance(via, dict) else {}
    source = via.get("source")
    relation = source.get("rel") if isinstance(source, dict) else None
    return str(via.get("channel") or ""), str(relation or "")


def _by_rule(raw: Json) -> bool:
    channel, relation = _via(raw)
    return channel == "rule" or relation in RULES


def _by_system(raw: Json) -> bool:
    channel, relation = _via(raw)
    return (
        raw.get("author_id") in (None, SYSTEM)
        or channel in SYSTEM_CHANNELS
        or relation in SYSTEM_RELATIONS
        or raw.get("type", "Comment") != "Comment"  # VoiceComment: a call's recording
    )
