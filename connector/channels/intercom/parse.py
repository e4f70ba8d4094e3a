"""A notification -> what the customer wrote. Only the topics listed here are anybody's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from connector.channels.base import Inbound, InboundMessage, WebhookRequest
from connector.channels.intercom.parts import Thread, of_part, of_source
from connector.channels.payload import (
    Section,
    address,
    json_object,
    number,
    section,
    sections,
    text,
)
from connector.domain.ids import Address, ExternalId
from connector.errors import MalformedPayload, UnsupportedEvent

_TOPIC = re.compile(r"[a-z_.]{1,60}", re.ASCII)
# What teammates, bots and we ourselves did: it comes back as well, and is never a customer's.
OURS = ("conversation.admin.", "conversation.operator.")


def parse(request: WebhookRequest, html: bool | None) -> Sequence[Inbound]:
    """`html`: whether bodies are; None: they show it. Raise MalformedPayload or UnsupportedEvent."""
    told = json_object(request)
    topic = told.get("topic")
    if not isinstance(topic, str) or not _TOPIC.fullmatch(topic):
        raise MalformedPayload("no topic")
    read = _TOPICS.get(topic)
    if read is None:
        whose = "a teammate's or our own" if topic.startswith(OURS) else "nobody's words"
        raise UnsupportedEvent(f"{topic}: {whose}")
    item = section(section(told.get("data")).get("item"))
    thread = Thread.of(item)
    if thread is None:
        raise MalformedPayload("no data.item.id")
    found = read(thread, item, html, told)
    if not found:
        raise UnsupportedEvent(f"{topic}: nothing of the customer's in it")
    return found


def listed_parts(item: Section) -> list[Section]:
    return sections(section(item.get("conversation_parts")).get("conversation_parts"))


def source_of(item: Section) -> Section:
    """`conversation_message` is its name in API 1.x."""
    return section(item.get("source")) or section(item.get("conversation_message"))


def _began(thread: Thread, item: Section, html: bool | None, raw: Section) -> list[InboundMessage]:
    first = of_source(thread, source_of(item), html, raw)
    if first is None:
        return _replied(thread, item, html, raw)
    with suppress(MalformedPayload):
        return [first, *_replied(thread, item, html, raw)]
    return [first]


def _replied(
    thread: Thread, item: Section, html: bool | None, raw: Section
) -> list[InboundMessage]:
    """Raise MalformedPayload if none of the customer's can be read; one that can't costs no other."""
    found, failure = [], None
    for each in listed_parts(item):
        try:
            message = of_part(thread, each, html, raw)
        except MalformedPayload as error:
            failure = error
        else:
            found += [] if message is None else [message]
    if failure is not None and not found:
        raise failure
    return found


def _rated(thread: Thread, item: Section, _: bool | None, raw: Section) -> list[InboundMessage]:
    """A remark is the customer's words; a rating alone is no question to anybody."""
    rating = section(item.get("conversation_rating"))
    remark = text(rating.get("remark")).strip()
    if not remark:
        return []
    at, score = number(rating.get("created_at")), number(rating.get("rating"))
    customer = address(section(rating.get("contact")).get("id")) or thread.customer
    shown = f"[Rating: {score:g} of 5] {remark}" if score is not None else f"[Rating] {remark}"
    id = ExternalId(f"rating:{thread.id}:{at or 0:.0f}")
    return [InboundMessage(id, Address(customer), shown, raw, thread=thread.id)]


_Read = Callable[[Thread, Section, "bool | None", Section], list[InboundMessage]]
_TOPICS: Mapping[str, _Read] = {
    "conversation.user.created": _began,
    "conversation.user.replied": _replied,
    "conversation.rating.added": _rated,
}
