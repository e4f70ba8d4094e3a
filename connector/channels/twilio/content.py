"""A message's content in words: a location, a contact card or a sticker can be read too."""

from __future__ import annotations

import re

from connector.channels.payload import line
from connector.channels.text import clean
from connector.channels.twilio.form import Form
from connector.domain.conversation import Media

_VCARD = frozenset({"text/vcard", "text/x-vcard", "text/directory"})
_KINDS = {
    "sticker": "[Sticker]",
    "contacts": "[Contact card]",
    "reaction": "[Reaction]",
    "unsupported": "[A message of a kind that can't be shown here]",
}
_SHOWN = frozenset({"", "text", "image", "audio", "video", "document", "location", "button"})
_KIND = re.compile(r"[a-z_]{1,30}")
_MEDIA_URL = re.compile(r"MediaUrl(0|[1-9][0-9]?)")  # Twilio sends at most ten
_EMOJI = 20  # characters; a family with skin tones has eleven


def media(form: Form) -> tuple[Media, ...]:
    """The files that came with it, by their own fields: NumMedia is not needed to find them."""
    numbers = {int(found[1]) for name in form if (found := _MEDIA_URL.fullmatch(name))}
    return tuple(
        Media(form[f"MediaUrl{n}"], clean(form[f"MediaContentType{n}"]).strip().lower())
        for n in sorted(numbers)
        if form[f"MediaUrl{n}"]
    )


def readable(form: Form) -> str:
    """What the customer said. "" only where media, or nothing at all, stand for themselves."""
    said, location = _said(form), _location(form)
    told = "\n".join(filter(None, (said, location))) or _named(form)
    return "\n".join(filter(None, (_about(form), f"{_forwarded(form)}{told}".rstrip(" "))))


def _said(form: Form) -> str:
    said = clean(form["Body"] or form["ButtonText"])
    if not said.strip():
        title, more = line(form["ListTitle"], 200), line(form["ListDescription"], 200)
        return f"{title} ({more})" if title and more else title
    if form["MessageType"].lower() == "reaction":
        return f"[Reaction: {line(said, _EMOJI)}]"
    return said


def _forwarded(form: Form) -> str:
    flags = (form["Forwarded"], form["FrequentlyForwarded"])
    return "[Forwarded] " if any(flag.lower() == "true" for flag in flags) else ""


def _about(form: Form) -> str:
    """The advertisement that the customer came from."""
    names = ("ReferralHeadline", "ReferralBody", "ReferralSourceUrl")
    shown = ", ".join(filter(None, (line(form[name], 200) for name in names)))
    return f"[From an advertisement: {shown}]" if shown else ""


def _location(form: Form) -> str:
    latitude, longitude = line(form["Latitude"], 30), line(form["Longitude"], 30)
    if not (latitude and longitude):
        return ""
    place = [line(form[name], 200) for name in ("Label", "Address")]
    named = ", ".join(p for p in place if p and p not in clean(form["Body"]))
    return f"[Location: {named + ' ' if named else ''}({latitude}, {longitude})]"


def _named(form: Form) -> str:
    """The kind of a message without words."""
    kind = form["MessageType"].lower()
    if kind in _KINDS:
        return _KINDS[kind]
    if form["InteractiveData"] or form["FlowData"]:
        return "[A form was filled in]"
    files = media(form)
    if files and all(file.content_type.partition(";")[0] in _VCARD for file in files):
        return _KINDS["contacts"]
    if files or kind in _SHOWN or not _KIND.fullmatch(kind):
        return ""
    return f"[A message of a kind that can't be shown here: {kind}]"
