"""A signed request -> what happened: messages and statuses of one or more of the app's numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from connector.channels.base import (
    Inbound,
    InboundMessage,
    InboundReceipt,
    Parsed,
    WebhookRequest,
)
from connector.channels.payload import (
    Section,
    address,
    identifier,
    json_object,
    line,
    parts,
    read_all,
    section,
    sections,
)
from connector.channels.whatsapp_cloud.content import media, readable
from connector.channels.whatsapp_cloud.refusals import meaning
from connector.domain.ids import Address, ExternalId
from connector.errors import MalformedPayload, UnknownEndpoint, UnsupportedEvent

PREFIX = "whatsapp:"
STATES = {"sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed"}
_PHONE = re.compile(r"\+?([1-9][0-9]{5,14})", re.ASCII)


def parse(request: WebhookRequest, phone_number_id: str) -> Sequence[Parsed]:
    """All that is ours, order kept. What can't be read leaves the rest alone."""
    told = json_object(request)
    if told.get("object") != "whatsapp_business_account":
        raise MalformedPayload("not of a WhatsApp account")
    changes = [c for entry in sections(told.get("entry")) for c in sections(entry.get("changes"))]
    values = [section(c.get("value")) for c in changes if c.get("field") == "messages"]
    if values and not any(_is_of(value, phone_number_id) for value in values):
        raise UnknownEndpoint("a number that this channel doesn't own")
    return read_all(read for value in values for read in _readers(value, phone_number_id))


def _is_of(value: Section, phone_number_id: str) -> bool:
    return section(value.get("metadata")).get("phone_number_id") == phone_number_id


def _another() -> Sequence[Inbound]:
    raise UnknownEndpoint("a number that this channel doesn't own")


def _readers(value: Section, phone_number_id: str) -> Iterator[Callable[[], Sequence[Inbound]]]:
    if not _is_of(value, phone_number_id):
        yield _another
        return
    contacts = sections(value.get("contacts"))
    for each in parts(value.get("messages")):
        yield lambda each=each: (_message(each, contacts),)  # type: ignore[misc]
    for each in parts(value.get("statuses")):
        yield lambda each=each: (_receipt(each, contacts),)  # type: ignore[misc]


def _message(each: Section, contacts: Sequence[Section]) -> Inbound:
    if "group_id" in each:
        raise UnsupportedEvent("written in a group")
    contact = _contact(contacts, each.get("from"), each.get("from_user_id"))
    name = line(section(contact.get("profile")).get("name"))
    customer = _address(each.get("from_user_id") or contact.get("user_id"), each.get("from"))
    phone = _phone(each.get("from") or contact.get("wa_id"))
    return InboundMessage(
        id=_id(each),
        customer=customer,
        text=readable(each),
        raw={"message": each, "contact": contact},
        media=media(each),
        customer_name=name or None,
        customer_phone=phone if phone and not customer.endswith(phone) else None,
    )


def _receipt(each: Section, contacts: Sequence[Section]) -> Inbound:
    told = each.get("status")
    if each.get("recipient_type") == "group" or not isinstance(told, str) or told not in STATES:
        raise UnsupportedEvent("a status that changes nothing")
    message = _id(each)
    contact = _contact(contacts, each.get("recipient_id"), each.get("recipient_user_id"))
    user = each.get("recipient_user_id") or contact.get("user_id")
    failed = told == "failed"
    errors = sections(each.get("errors"))
    code = identifier(errors[0].get("code"))[:20] if failed and errors else ""
    return InboundReceipt(
        id=ExternalId(f"{message}:{told}"),
        message=message,
        customer=_address(user, each.get("recipient_id")),
        status=STATES[told],
        raw={"status": each},
        code=code,
        meaning=meaning(code) if failed else "",
    )


def _id(each: Section) -> ExternalId:
    found = identifier(each.get("id"))
    if not found:
        raise MalformedPayload("no id")
    return ExternalId(found)


def _contact(contacts: Sequence[Section], phone: object, user: object) -> Section:
    """Whom Meta names beside it; the only one, where it does not say which."""
    for key, wanted in (("user_id", user), ("wa_id", phone)):
        for each in contacts:
            if wanted is not None and each.get(key) == wanted:
                return each
    return {}


def _address(user: object, phone: object) -> Address:
    """The user's id where there is one: a phone number may be withheld from one day to the next."""
    named = address(user)
    if named:
        return Address(PREFIX + named)
    known = _phone(phone)
    if known is None:
        raise MalformedPayload("nobody is named")
    return Address(PREFIX + known)


def _phone(value: object) -> str | None:
    digits = _PHONE.fullmatch(address(value))
    return f"+{digits[1]}" if digits else None
