"""A signed request -> what happened on our page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from connector.channels.base import (
    Inbound,
    InboundMessage,
    InboundReceipt,
    Parsed,
    WebhookRequest,
)
from connector.channels.messenger.content import media, readable
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
    text,
)
from connector.domain.ids import Address, ExternalId
from connector.errors import MalformedPayload, UnknownEndpoint, UnsupportedEvent


def parse(request: WebhookRequest, page_id: str) -> Sequence[Parsed]:
    """All that is ours, order kept. What can't be read leaves the rest alone."""
    told = json_object(request)
    if told.get("object") != "page":
        raise MalformedPayload("not of a page")
    entries = sections(told.get("entry"))
    if entries and not any(_is_of(entry, page_id) for entry in entries):
        raise UnknownEndpoint("a page that this channel doesn't own")
    return read_all(read for entry in entries for read in _readers(entry, page_id))


def _is_of(entry: Section, page_id: str) -> bool:
    return identifier(entry.get("id")) == page_id


def _another() -> Sequence[Inbound]:
    raise UnknownEndpoint("a page that this channel doesn't own")


def _readers(entry: Section, page_id: str) -> Iterator[Callable[[], Sequence[Inbound]]]:
    if not _is_of(entry, page_id):
        yield _another
        return
    for event in parts(entry.get("messaging")):
        yield lambda event=event: _read(event)  # type: ignore[misc]


def _read(event: Section) -> Sequence[Inbound]:
    for kind, read in _KINDS.items():
        told = event.get(kind)
        if isinstance(told, dict):
            return read(told, event)
    raise UnsupportedEvent("a kind of event that is not known")


def _message(told: Section, event: Section) -> Sequence[Inbound]:
    if told.get("is_echo") is True:
        raise UnsupportedEvent("what our page wrote")
    if told.get("is_deleted") is True:
        said = "[A message was deleted by the customer]"
        return (_written(event, f"{_id(told)}:deleted", said),)
    message = InboundMessage(
        _id(told), _customer(event), readable(told), {"event": event}, media(told)
    )
    return (message,)


def _postback(told: Section, event: Section) -> Sequence[Inbound]:
    """A button was pressed; old ones have no id of their own."""
    said = text(told.get("title")) or text(told.get("payload"))
    if not said.strip():
        raise UnsupportedEvent("a button without words")
    known = identifier(told.get("mid")) or f"postback:{_moment(event)}:{_customer(event)}"
    return (_written(event, known, said),)


def _reaction(told: Section, event: Section) -> Sequence[Inbound]:
    emoji = line(told.get("emoji"), 20) or line(told.get("reaction"), 20)
    if told.get("action") != "react" or not emoji:
        raise UnsupportedEvent("a reaction was taken back")
    return (_written(event, f"reaction:{_moment(event)}:{_id(told)}", f"[Reaction: {emoji}]"),)


def _edit(told: Section, event: Section) -> Sequence[Inbound]:
    count = identifier(told.get("num_edit")) or _moment(event)
    said = text(told.get("text"))
    said = f"[Edited] {said}" if said.strip() else "[A message was edited]"
    return (_written(event, f"edit:{count}:{_id(told)}", said),)


def _delivery(told: Section, event: Section) -> Sequence[Inbound]:
    """Each message by its id; without ids a time is all that is told, and that names no message."""
    mids = told.get("mids")
    known = [i for mid in mids if (i := identifier(mid))] if isinstance(mids, list) else []
    if not known:
        raise UnsupportedEvent("a receipt that names no message")
    customer = _customer(event)
    return [
        InboundReceipt(
            ExternalId(f"{mid}:delivered"), ExternalId(mid), customer, "delivered", {"event": event}
        )
        for mid in known
    ]


def _nothing(why: str) -> Sequence[Inbound]:
    raise UnsupportedEvent(why)


_KINDS: Mapping[str, Callable[[Section, Section], Sequence[Inbound]]] = {
    "message": _message,
    "postback": _postback,
    "reaction": _reaction,
    "message_edit": _edit,
    "delivery": _delivery,
    "read": lambda _, __: _nothing("read, up to a time that names no message"),
    "optin": lambda _, __: _nothing("an opt-in without words"),
    "account_linking": lambda _, __: _nothing("about the customer's account, and nobody's words"),
}


def _written(event: Section, id: str, said: str) -> InboundMessage:
    if not identifier(id):
        raise MalformedPayload("an id that is too long")
    return InboundMessage(ExternalId(id), _customer(event), said, {"event": event})


def _id(told: Section) -> ExternalId:
    found = identifier(told.get("mid"))
    if not found:
        raise MalformedPayload("no mid")
    return ExternalId(found)


def _moment(event: Section) -> str:
    found = identifier(event.get("timestamp"))
    if not found:
        raise MalformedPayload("no timestamp")
    return found


def _customer(event: Section) -> Address:
    found = address(section(event.get("sender")).get("id"))
    if not found:
        raise MalformedPayload("no sender")
    return Address(found)
