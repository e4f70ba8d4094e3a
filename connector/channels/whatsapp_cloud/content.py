"""A message's content in words and files: a place, a button or a reaction can be read too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from connector.channels.payload import (
    Section,
    identifier,
    line,
    number,
    place,
    section,
    sections,
    text,
)
from connector.domain.conversation import Media
from connector.errors import UnsupportedEvent

SCHEME = "whatsapp:"  # a file's id; its address is good for five minutes only
_FILES = ("image", "video", "audio", "document")
_KIND = re.compile(r"[a-z_]{1,30}")


def media(message: Section) -> tuple[Media, ...]:
    kind = line(message.get("type"))
    if kind not in _FILES:
        return ()
    file = section(message.get(kind))
    known = identifier(file.get("id"))
    if not known:
        return ()
    return (Media(SCHEME + known, line(file.get("mime_type")).lower(), line(file.get("filename"))),)


def readable(message: Section) -> str:
    """What the customer said. "" only where media stand for themselves.

    Raise UnsupportedEvent for what nobody said.
    """
    kind = line(message.get("type"))
    show = _SHOWN.get(kind)
    told = section(message.get(kind))
    said = show(message, told) if show else ""
    if not said.strip() and not media(message):
        said = _named(kind)
    return "\n".join(filter(None, (_about(message), f"{_forwarded(message)}{said}".strip())))


def _named(kind: str) -> str:
    if kind == "text":
        return ""  # an empty text is one
    if kind in _FILES:
        return "[A file that can't be fetched]"
    called = f": {kind}" if _KIND.fullmatch(kind) and kind not in _SHOWN else ""
    return f"[A message of a kind that can't be shown here{called}]"


def _forwarded(message: Section) -> str:
    context = section(message.get("context"))
    many = context.get("frequently_forwarded") is True
    return "[Forwarded] " if many or context.get("forwarded") is True else ""


def _about(message: Section) -> str:
    """What the customer came from: an advertisement, or a product of ours."""
    advert = section(message.get("referral"))
    product = section(section(message.get("context")).get("referred_product"))
    if advert:
        shown = [line(advert.get(key), 200) for key in ("headline", "body", "source_url")]
        return f"[From an advertisement: {', '.join(filter(None, shown))}]"
    named = line(product.get("product_retailer_id"))
    return f"[About the product {named}]" if named else ""


def _caption(_: Section, told: Section) -> str:
    return text(told.get("caption"))


def _interactive(_: Section, told: Section) -> str:
    reply = section(told.get("button_reply")) or section(told.get("list_reply"))
    if not reply:
        form = text(section(told.get("nfm_reply")).get("body"))
        return (
            f"[Form: {form}]" if form else "[A form was filled in]" if told.get("nfm_reply") else ""
        )
    more = line(reply.get("description"), 200)
    return line(reply.get("title"), 200) + (f" ({more})" if more else "")


def _reaction(_: Section, told: Section) -> str:
    emoji = line(told.get("emoji"), 20)
    if not emoji:
        raise UnsupportedEvent("a reaction was taken back")
    return f"[Reaction: {emoji}]"


def _location(_: Section, told: Section) -> str:
    return place(told.get("latitude"), told.get("longitude"), told.get("name"), told.get("address"))


def _contacts(message: Section, _: Section) -> str:
    cards = [_card(each) for each in sections(message.get("contacts"))]
    return "\n".join(cards)


def _card(each: Section) -> str:
    name = line(section(each.get("name")).get("formatted_name"))
    phones = [line(p.get("phone"), 30) for p in sections(each.get("phones"))]
    told = ", ".join(filter(None, (name, line(section(each.get("org")).get("company")), *phones)))
    return f"[Contact card: {told}]" if told else "[Contact card]"


def _order(_: Section, told: Section) -> str:
    items = []
    for item in sections(told.get("product_items")):
        count, price = number(item.get("quantity")), number(item.get("item_price"))
        cost = f" at {price:g} {line(item.get('currency'), 10)}" if price is not None else ""
        items.append(f"{count or 1:g} x {line(item.get('product_retailer_id'))}{cost}")
    said = text(told.get("text"))
    ordered = f"[Order: {'; '.join(items)}]" if items else "[An order without products]"
    return "\n".join(filter(None, (said, ordered)))


def _system(_: Section, __: Section) -> str:
    raise UnsupportedEvent("about the customer's account, and nobody's words")


def _welcome(_: Section, __: Section) -> str:
    raise UnsupportedEvent("the customer has opened the chat, and said nothing")


def _edit(_: Section, told: Section) -> str:
    said = text(section(section(told.get("message")).get("text")).get("body"))
    return f"[Edited] {said}" if said else "[A message was edited]"


_SHOWN: Mapping[str, Callable[[Section, Section], str]] = {
    "text": lambda _, told: text(told.get("body")),
    "button": lambda _, told: text(told.get("text")) or text(told.get("payload")),
    "interactive": _interactive,
    "reaction": _reaction,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "system": _system,
    "request_welcome": _welcome,
    "edit": _edit,
    "revoke": lambda _, __: "[A message was deleted by the customer]",
    "sticker": lambda _, __: "[Sticker]",
    "unsupported": lambda _, __: "",
    **dict.fromkeys(_FILES, _caption),
}
