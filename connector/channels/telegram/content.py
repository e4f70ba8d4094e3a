"""A message's content in words and files: a sticker, a place or a poll can be read too."""

from __future__ import annotations

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

SCHEME = "telegram:"  # a file's id, not its address: that has the bot's token in it
MOST_BYTES = 20_000_000  # what getFile hands out
_FILES = {
    "animation": "video/mp4",
    "audio": "audio/mpeg",
    "document": "",
    "video": "video/mp4",
    "video_note": "video/mp4",
    "voice": "audio/ogg",
}
# What Telegram tells of the chat itself, or of money and games: nobody said anything.
_SERVICE = frozenset(
    """
    boost_added chat_background_set chat_owner_changed chat_owner_left connected_website
    channel_chat_created delete_chat_photo forum_topic_closed forum_topic_created
    forum_topic_edited forum_topic_reopened general_forum_topic_hidden
    general_forum_topic_unhidden giveaway giveaway_completed giveaway_created giveaway_winners
    group_chat_created left_chat_member managed_bot_created message_auto_delete_timer_changed
    migrate_from_chat_id migrate_to_chat_id new_chat_members new_chat_photo new_chat_title
    passport_data pinned_message proximity_alert_triggered supergroup_chat_created
    video_chat_ended video_chat_participants_invited video_chat_scheduled video_chat_started
    write_access_allowed paid_message_price_changed direct_message_price_changed
    """.split()
)
_UNNAMED = "[A message of a kind that can't be shown here]"


def is_service(message: Section) -> bool:
    """Whether nobody wrote it."""
    return any(name in message for name in _SERVICE)


def media(message: Section) -> tuple[Media, ...]:
    """The files that came with it, as far as they can be had."""
    found = [_file(each, kind) for each, kind, _ in _files(message)]
    return tuple(file for file in found if file is not None)


def _files(message: Section) -> list[tuple[Section, str, str]]:
    """Each file, what it is if it does not say so, and its name in the message."""
    found = []
    photos = sections(message.get("photo"))
    if photos:
        largest = max(
            photos, key=lambda p: (number(p.get("width")) or 0, number(p.get("height")) or 0)
        )
        found.append((largest, "image/jpeg", "photo"))
    # An animation comes as a document too.
    names = [n for n in _FILES if n in message and not (n == "document" and "animation" in message)]
    return found + [(section(message[name]), _FILES[name], name) for name in names]


def _file(each: Section, kind: str) -> Media | None:
    known = identifier(each.get("file_id"))
    if not known or _too_large(each):
        return None
    return Media(
        SCHEME + known, line(each.get("mime_type")).lower() or kind, line(each.get("file_name"))
    )


def _too_large(each: Section) -> bool:
    return (number(each.get("file_size")) or 0) > MOST_BYTES


def readable(message: Section) -> str:
    """What the customer said. "" only where media stand for themselves."""
    said = text(message.get("text")) or text(message.get("caption"))
    parts = [said] if said.strip() else []
    parts += [
        shown for name, show in _SHOWN.items() if name in message and (shown := show(message))
    ]
    parts += [_left_out(each, name) for each, _, name in _files(message) if _too_large(each)]
    if not parts and not media(message):
        parts = [_UNNAMED]
    return (_forwarded(message) + "\n".join(parts)).strip()


def _left_out(each: Section, name: str) -> str:
    called = line(each.get("file_name")) or name.replace("_", " ")
    return f"[A file that is too large to be passed on: {called}]"


def _forwarded(message: Section) -> str:
    return "[Forwarded] " if "forward_origin" in message else ""


def _location(message: Section) -> str:
    # A venue comes with its location.
    at = section(message["location"])
    return "" if "venue" in message else place(at.get("latitude"), at.get("longitude"))


def _venue(message: Section) -> str:
    venue = section(message["venue"])
    at = section(venue.get("location"))
    named = venue.get("title"), venue.get("address")
    return place(at.get("latitude"), at.get("longitude"), *named)


def _sticker(message: Section) -> str:
    emoji = line(section(message["sticker"]).get("emoji"), 20)
    return f"[Sticker: {emoji}]" if emoji else "[Sticker]"


def _contact(message: Section) -> str:
    card = section(message["contact"])
    name = " ".join(filter(None, (line(card.get("first_name")), line(card.get("last_name")))))
    told = ", ".join(filter(None, (name, line(card.get("phone_number"), 30))))
    return f"[Contact card: {told}]" if told else "[Contact card]"


def _poll(message: Section) -> str:
    poll = section(message["poll"])
    options = " / ".join(line(option.get("text")) for option in sections(poll.get("options")))
    return f"[Poll: {line(poll.get('question'), 300)} {options}]"


def _dice(message: Section) -> str:
    dice = section(message["dice"])
    value = number(dice.get("value"))
    return (
        f"[{line(dice.get('emoji'), 20) or 'Dice'}: {value:g}]" if value is not None else "[Dice]"
    )


def _checklist(message: Section) -> str:
    listed = section(message["checklist"])
    tasks = "; ".join(line(task.get("text")) for task in sections(listed.get("tasks")))
    return f"[Checklist: {line(listed.get('title'), 200)}: {tasks}]"


_SHOWN: Mapping[str, Callable[[Section], str]] = {
    "sticker": _sticker,
    "location": _location,
    "venue": _venue,
    "contact": _contact,
    "poll": _poll,
    "dice": _dice,
    "checklist": _checklist,
    "story": lambda _: "[A story]",
    "game": lambda message: f"[Game: {line(section(message['game']).get('title'))}]",
}
