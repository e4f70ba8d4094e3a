"""A message's content in words: a location, a contact card or a sticker can be read too."""

from __future__ import annotations

import re

from connector.channels.text import clean
from connector.channels.twilio.form import Form
from connector.domain.conversation import Media

MAX_MEDIA = 100  # Twilio sends at most ten
_VCARD = frozenset({"text/vcard", "text/x-vcard", "text/directory"})
_KINDS = {"sticker": "[Sticker]", "contacts": "[Contact card]", "reaction": "[Reaction]"}
_SHOWN = frozenset({"", "text", "image", "audio", "video", "document", "location", "button"})
_KIND = re.compile(r"[a-z_]{1,30}")


def media(form: Form) -> tuple[Media, ...]:
    """The files that came with it, by their own fields: NumMedia is not needed to find them."""
    numbers = range(MAX_MEDIA)
    return tuple(
        Media(form[f"MediaUrl{n}"], clean(form[f"MediaContentType{n}"]).strip().lower())
        for n in numbers
        if form[f"MediaUrl{n}"]
    )


def readable(form: Form) -> str:
    """What the customer said. "" only where media, or nothing at all, stand for themselves."""
    said = clean(form["Body"] or form["ButtonText"] or form["ListTitle"])
    parts = [said] if said.strip() else []
    location = _location(form)
    if location:
        parts.append(location)
    return "\n".join(parts) or _named(form)


def _location(form: Form) -> str:
    latitude, longitude = clean(form["Latitude"]).strip(), clean(form["Longitude"]).strip()
    if not (latitude and longitude):
        return ""
    place = [clean(form[name]).strip() for name in ("Label", "Address")]
    named = ", ".join(p for p in place if p and p not in clean(form["Body"]))
    return f"[Location: {named + ' ' if named else ''}({latitude}, {longitude})]"


def _named(form: Form) -> str:
    """The kind of a message without words."""
    kind = form["MessageType"].lower()
    if kind in _KINDS:
        return _KINDS[kind]
    files = media(form)
    if files and all(file.content_type.partition(";")[0] in _VCARD for file in files):
        return _KINDS["contacts"]
    if files or kind in _SHOWN or not _KIND.fullmatch(kind):
        return ""
    return f"[A message of a kind that can't be shown here: {kind}]"
