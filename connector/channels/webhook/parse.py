"""A signed request -> what happened, by docs/webhook-channel.schema.json."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from connector.channels.base import (
    Inbound,
    InboundConsent,
    InboundMessage,
    InboundReceipt,
    WebhookRequest,
)
from connector.channels.payload import (
    Section,
    address,
    identifier,
    json_object,
    line,
    section,
    sections,
    text,
    too_many,
)
from connector.channels.webhook.signature import ID
from connector.domain.conversation import Media
from connector.domain.ids import Address, ExternalId
from connector.errors import MalformedPayload, UnsupportedEvent

STATES = ("sent", "delivered", "read", "failed")
WORDS = ("stop", "start", "help")
MAX_MEDIA = 30
_PHONE = re.compile(r"\+[1-9][0-9]{5,14}", re.ASCII)
_URL = 2000  # characters
NO_REASON = "no reason was given"


def parse(request: WebhookRequest) -> Sequence[Inbound]:
    told = json_object(request)
    kind = told.get("type")
    if not isinstance(kind, str):
        raise MalformedPayload("no type")
    read = _KINDS.get(kind)
    if read is None:
        raise UnsupportedEvent("a type that is not known")
    return (read(ExternalId(request.headers[ID]), section(told.get("data")), told),)


def _customer(data: Section) -> Address:
    found = address(section(data.get("customer")).get("id"))
    if not found:
        raise MalformedPayload("no data.customer.id")
    return Address(found)


def _message(id: ExternalId, data: Section, raw: Section) -> Inbound:
    if not isinstance(data.get("text", ""), str):
        raise MalformedPayload("data.text is no text")
    listed = sections(data.get("media"))
    files = tuple(file for each in listed[:MAX_MEDIA] if (file := _file(each)))
    who = section(data.get("customer"))
    phone = identifier(who.get("phone"))
    return InboundMessage(
        id=id,
        customer=_customer(data),
        text="\n".join(filter(None, (text(data.get("text")), *too_many(len(listed), MAX_MEDIA)))),
        raw=raw,
        media=files,
        customer_name=line(who.get("name")) or None,
        customer_phone=phone if _PHONE.fullmatch(phone) else None,
    )


def _file(each: Section) -> Media | None:
    url = each.get("url")
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        return None
    if len(url) > _URL or not url.isprintable() or not url.isascii():
        return None
    kind = line(each.get("content_type")).lower()
    return Media(url, kind, line(each.get("name")))


def _receipt(id: ExternalId, data: Section, raw: Section) -> Inbound:
    message, status = identifier(data.get("message")), data.get("status")
    if not message or status not in STATES:
        raise MalformedPayload("no data.message, or no data.status")
    failed = status == "failed"
    return InboundReceipt(
        id=id,
        message=ExternalId(message),
        customer=_customer(data),
        status=str(status),
        raw=raw,
        code=identifier(data.get("code"))[:64] if failed else "",
        meaning=(line(data.get("reason"), 500) or NO_REASON) if failed else "",
    )


def _consent(id: ExternalId, data: Section, raw: Section) -> Inbound:
    word = data.get("word")
    if word not in WORDS:
        raise MalformedPayload("no data.word")
    said = text(data.get("text")) or str(word).upper()
    return InboundConsent(id, _customer(data), str(word), said, raw)


_KINDS: Mapping[str, Callable[[ExternalId, Section, Section], Inbound]] = {
    "message.received": _message,
    "message.status": _receipt,
    "consent.changed": _consent,
}
