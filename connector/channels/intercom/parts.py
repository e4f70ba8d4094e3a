"""One part of a conversation -> the customer's message, if it is one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from connector.channels.base import InboundMessage
from connector.channels.intercom.body import Body, Image, read
from connector.channels.payload import (
    Section,
    address,
    identifier,
    line,
    section,
    sections,
    text,
)
from connector.domain.conversation import Media
from connector.domain.ids import Address, ExternalId
from connector.errors import MalformedPayload

CUSTOMERS = ("user", "lead", "contact", "visitor")  # authors; others are admin, bot, team
# Parts that are words. Others (assignments, attributes, ...) are told if there are words in them.
SPOKEN = ("comment", "open", "quick_reply")
MAX_MEDIA = 30
EMPTY = "[An empty message]"
_URL = 2000  # characters
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Thread:
    """A conversation, and whose it is where a part does not say so: of a contact that vanished."""

    id: str
    customer: str

    @classmethod
    def of(cls, item: Section) -> Thread | None:
        """None for what has no id. In API 1.x the customer is the `user`."""
        known = key(item.get("id"))
        listed = sections(section(item.get("contacts")).get("contacts"))
        named = [section(each).get("id") for each in (*listed, section(item.get("user")))]
        customer = next(filter(None, map(address, named)), f"conversation:{known}")
        return cls(known, customer) if known else None


def key(value: object) -> str:
    """An id that stands in a path as it is. "" for what is none."""
    found = identifier(value)
    return found if _ID.fullmatch(found) else ""


def is_customers(told: Section) -> bool:
    """Whether a customer is its author."""
    return section(told.get("author")).get("type") in CUSTOMERS


def of_part(
    thread: Thread, part: Section, html: bool | None, raw: Section
) -> InboundMessage | None:
    """None for what is not a customer's words. Raise MalformedPayload."""
    if not is_customers(part) or part.get("redacted") is True:
        return None
    found = _words(part, html)
    kind = part.get("part_type")
    if not found.text and not found.images and kind not in SPOKEN and not _listed(part):
        return None
    known = key(part.get("id"))
    if not known:
        raise MalformedPayload("a part without id")
    return _message(ExternalId(known), thread, part, found, raw)


def of_source(
    thread: Thread, source: Section, html: bool | None, raw: Section
) -> InboundMessage | None:
    """What a conversation began with, which is no part of it. None for what is not a customer's."""
    if not is_customers(source) or source.get("redacted") is True:
        return None
    known = key(source.get("id")) or f"of-{thread.id}"
    found = _words(source, html)
    subject = read(source.get("subject"), html).text.strip()
    if subject and subject != found.text:
        found = Body(f"{subject}\n{found.text}".strip(), found.images)
    return _message(ExternalId(f"source:{known}"), thread, source, found, raw)


def _words(told: Section, html: bool | None) -> Body:
    found = read(told.get("body"), html)
    if found.text.strip():
        return found
    chosen = sections(section(told.get("metadata")).get("quick_reply_options"))
    picked = ", ".join(filter(None, (line(each.get("text"), 300) for each in chosen)))
    return Body(picked, found.images)


def _message(
    id: ExternalId, thread: Thread, told: Section, found: Body, raw: Section
) -> InboundMessage:
    author = section(told.get("author"))
    files, missing = _files(told, found.images)
    said = [found.text] if found.text.strip() else []
    if len(files) > MAX_MEDIA:
        more = len(files) - MAX_MEDIA
        missing.append(f"[{more} more {'file' if more == 1 else 'files'}]")
    shown = "\n".join([*said, *missing])
    return InboundMessage(
        id=id,
        customer=Address(address(author.get("id")) or thread.customer),
        text=shown if shown or files else EMPTY,
        raw=raw,
        media=tuple(files[:MAX_MEDIA]),
        customer_name=line(author.get("name")) or None,
        thread=thread.id,
    )


def _listed(told: Section) -> list[Section]:
    return sections(told.get("attachments"))


def _files(told: Section, images: Iterable[Image]) -> tuple[list[Media], list[str]]:
    """Each once, in order; and words for what can't be had."""
    found: dict[str, Media] = {}
    missing = []
    for image in images:
        if _is_address(image.url):
            found[image.url] = Media(image.url, "", image.name)
    for each in _listed(told):
        url, name = text(each.get("url")), line(each.get("name"))
        if _is_address(url):
            found[url] = Media(url, line(each.get("content_type")).lower(), name)
        else:
            missing.append(f"[A file that can't be had: {name or 'without a name'}]")
    return list(found.values()), missing


def _is_address(url: str) -> bool:
    fits = len(url) <= _URL and url.isascii() and url.isprintable()
    return fits and url.startswith(("https://", "http://"))
