"""A message's content in words and files: a place, a sticker or a shared page can be read too."""

from __future__ import annotations

from connector.channels.payload import Section, line, place, section, sections, text, too_many
from connector.domain.conversation import Media

MAX_MEDIA = 30
_FILES = {"image": "image/jpeg", "video": "video/mp4", "audio": "audio/mp4", "file": ""}
_URL = 4000  # characters: Meta's addresses carry a signature


def media(message: Section) -> tuple[Media, ...]:
    found = [_file(each) for each in sections(message.get("attachments"))[:MAX_MEDIA]]
    return tuple(file for file in found if file is not None)


def _file(each: Section) -> Media | None:
    kind, payload = line(each.get("type")), section(each.get("payload"))
    url = payload.get("url")
    if kind not in _FILES or "sticker_id" in payload or not isinstance(url, str):
        return None
    # Which hosts are asked, and how, is decided where it is fetched.
    web = url.startswith(("https://", "http://"))
    good = web and len(url) <= _URL and url.isascii() and url.isprintable()
    return Media(url, _FILES[kind], line(payload.get("title"))) if good else None


def readable(message: Section) -> str:
    """What the customer said. "" only where media stand for themselves."""
    said = text(message.get("text"))
    parts = [said] if said.strip() else []
    attached = sections(message.get("attachments"))
    parts += [shown for each in attached[:MAX_MEDIA] if (shown := _shown(each))]
    parts += too_many(len(attached), MAX_MEDIA)
    if not parts and not media(message):
        parts = ["[A message of a kind that can't be shown here]"]
    return "\n".join(parts)


def _shown(each: Section) -> str:
    kind, payload = line(each.get("type")), section(each.get("payload"))
    if "sticker_id" in payload:
        return "[Sticker]"
    if kind == "location":
        at = section(payload.get("coordinates"))
        return place(at.get("lat"), at.get("long")) or "[Location]"
    if kind in _FILES:
        return "" if _file(each) else "[A file that can't be fetched]"
    named = [line(each.get("title")) or line(payload.get("title")), line(payload.get("url"), 300)]
    told = ", ".join(filter(None, named))
    return f"[Shared: {told}]" if told else ""
