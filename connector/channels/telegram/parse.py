"""A signed update -> what happened. One request has one update, which may be nothing for us."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connector.channels.base import Inbound, InboundConsent, InboundMessage, WebhookRequest
from connector.channels.payload import Section, json_object, line, section, sections, text
from connector.channels.telegram.content import is_service, media, readable
from connector.domain.ids import Address, ExternalId
from connector.errors import MalformedPayload, UnsupportedEvent

BLOCKED, MEMBER = "kicked", "member"


def parse(request: WebhookRequest) -> Sequence[Inbound]:
    update = json_object(request)
    number = update.get("update_id")
    if not isinstance(number, int) or isinstance(number, bool) or abs(number) > 10**18:
        raise MalformedPayload("no update_id")
    for kind, read in _KINDS.items():
        if kind in update:
            told = update[kind]
            if not isinstance(told, dict):
                raise MalformedPayload("an update that is no object")
            return (read(ExternalId(str(number)), told, update),)
    raise UnsupportedEvent("a kind of update that is not known")


def _message(id: ExternalId, message: Section, raw: Section) -> Inbound:
    customer, sender = _private(message), section(message.get("from"))
    if is_service(message):
        raise UnsupportedEvent("about the chat, and nobody's words")
    if sender.get("is_bot") is True:
        raise UnsupportedEvent("from a bot")
    return InboundMessage(id, customer, readable(message), raw, media(message), _name(sender))


def _edited(id: ExternalId, message: Section, raw: Section) -> Inbound:
    """The first version stands where it stood; this one says what it should have been."""
    customer = _private(message)
    if section(message.get("location")):
        raise UnsupportedEvent("a live location has moved")
    said = f"[Edited] {readable(message)}"
    return InboundMessage(id, customer, said, raw, (), _name(section(message.get("from"))))


def _pressed(id: ExternalId, query: Section, raw: Section) -> Inbound:
    """A button under a message that somebody sent as this bot."""
    sender = section(query.get("from"))
    said = text(query.get("data"))
    if not said.strip():
        raise UnsupportedEvent("a button without words")
    return InboundMessage(id, _person(sender), said, raw, (), _name(sender))


def _reacted(id: ExternalId, reaction: Section, raw: Section) -> Inbound:
    customer = _private(reaction)
    emojis = [line(r.get("emoji"), 20) for r in sections(reaction.get("new_reaction"))]
    shown = " ".join(filter(None, emojis))
    if not shown:
        raise UnsupportedEvent("a reaction was taken back")
    name = _name(section(reaction.get("user")))
    return InboundMessage(id, customer, f"[Reaction: {shown}]", raw, (), name)


def _membership(id: ExternalId, change: Section, raw: Section) -> Inbound:
    """In a private chat: the customer has blocked the bot, or let it in again."""
    customer = _private(change)
    status = section(change.get("new_chat_member")).get("status")
    if status == BLOCKED:
        return InboundConsent(id, customer, "stop", "[Blocked the bot]", raw)
    if status == MEMBER:
        return InboundConsent(id, customer, "start", "[Unblocked the bot]", raw)
    raise UnsupportedEvent("another change of membership")


_KINDS: Mapping[str, Callable[[ExternalId, Section, Section], Inbound]] = {
    "message": _message,
    "edited_message": _edited,
    "callback_query": _pressed,
    "message_reaction": _reacted,
    "my_chat_member": _membership,
}


def _private(told: Section) -> Address:
    """The chat's id, which is the customer's own. Raise UnsupportedEvent for a group's."""
    chat = section(told.get("chat"))
    if chat.get("type") != "private":
        raise UnsupportedEvent("not a private chat")
    return _person(chat)


def _person(told: Section) -> Address:
    known = told.get("id")
    if not isinstance(known, int) or isinstance(known, bool) or not 0 < known < 2**63:
        raise MalformedPayload("no id of a customer")
    return Address(str(known))


def _name(sender: Section) -> str | None:
    parts = (line(sender.get("first_name")), line(sender.get("last_name")))
    return " ".join(filter(None, parts)) or None
