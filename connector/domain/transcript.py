"""Messages -> the lines that a bot and a summary read, and the transcript that an agent reads.

Everything that came from a customer or a model is escaped: no HTML, and no helpdesk placeholder
({{...}}, {%...%}) that the helpdesk would expand. Messages are cited as [7]: a helpdesk may take #7
for a ticket and make a link of it.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from connector.domain.conversation import Author, Conversation, Delivery, Media, Message
from connector.domain.text import split_text
from connector.domain.turns import Line

# Zendesk cuts a comment at 64 kB without a word (its documentation of comment bodies).
NOTE_BYTES = 60_000
LINE_CHARACTERS = 9_900  # at most 6 bytes a character once escaped: a line always fits a note
NOTE_FILES = 20  # each is fetched and uploaded before the note can be written

SPEAKERS = {
    Author.CUSTOMER: "Customer",
    Author.BOT: "Bot",
    Author.AGENT: "Agent",
    Author.CONNECTOR: "Automatic message",
}
_NOTES = {
    Delivery.FAILED: "not delivered",
    Delivery.SUPPRESSED: "not sent",
    Delivery.CANCELLED: "not sent: withdrawn",
    Delivery.UNKNOWN: "not certain to have arrived",
}
_RECEIPTS = {
    Delivery.QUEUED: "on its way",
    Delivery.SENT: "sent",
    Delivery.DELIVERED: "delivered",
    Delivery.READ: "read",
}

Mask = Callable[[str], str]


@dataclass(frozen=True)
class Note:
    html: str
    media: tuple[Media, ...] = ()  # the customer's, to be attached to it


def line(message: Message, mask: Mask) -> Line:
    note = _trouble(message)
    return Line(message.seq, message.author.value, readable(message, mask), message.at, note)


def _trouble(message: Message) -> str:
    note = _NOTES.get(message.delivery, "")
    return f"{note}: {message.why}" if note and message.why else note


def readable(message: Message, mask: Mask) -> str:
    """The text, and for files the words that stand for them."""
    parts = [mask(message.text)] if message.text else []
    parts += [f"[{m.content_type or 'file'}: {m.name}]" for m in named(message)]
    return "\n".join(parts) or "[empty message]"


def named(message: Message) -> tuple[Media, ...]:
    """Its files, each with a name: the one that the ticket shows."""
    return tuple(
        media if media.name else replace(media, name=f"message-{message.seq}-{number}")
        for number, media in enumerate(message.media, 1)
    )


def to_attach(message: Message) -> tuple[Media, ...]:
    """What the customer sent; what agents sent is in the ticket already."""
    return named(message) if message.author is Author.CUSTOMER else ()


def lines(conversation: Conversation, mask: Mask, upto: int | None = None) -> tuple[Line, ...]:
    """This episode's, as far as message `upto`."""
    return tuple(line(m, mask) for m in conversation.messages if upto is None or m.seq <= upto)


def escape(text: str) -> str:
    """For HTML, with braces as entities so that no placeholder is left to expand."""
    safe = html.escape(text, quote=True).replace("{", "&#123;").replace("}", "&#125;")
    return safe.replace("\r\n", "\n").replace("\n", "<br>")


def inert(text: str) -> str:
    """For what is no HTML (a subject, a field): a placeholder that expands to nothing else."""
    for mark in ("{{", "}}", "{%", "%}"):
        while mark in text:
            text = text.replace(mark, f"{mark[0]} {mark[1]}")
    return text


def comment_htmls(message: Message, mask: Mask) -> tuple[str, ...]:
    """A customer's message as the comment that they would have written; several if it is long."""
    pieces = split_text(readable(message, mask), LINE_CHARACTERS)
    return tuple(f"<p>{escape(piece)}</p>" for piece in pieces) or ("<p>[empty message]</p>",)


def transcript_notes(
    messages: Sequence[Message], mask: Mask, closing: str = ""
) -> tuple[Note, ...]:
    """The transcript in as many notes as it takes, in order; nothing is left out."""
    rows = [row for message in messages for row in _rows(message, mask)]
    if closing:
        rows.append(_Row(f"<p><i>{escape(closing)}</i></p>"))
    notes = list(_fill(rows))
    count = len(notes)
    return tuple(
        replace(note, html=_titled(note.html, number, count))
        for number, note in enumerate(notes, 1)
    )


def _titled(body: str, number: int, count: int) -> str:
    part = f", part {number} of {count}" if count > 1 else ""
    return f"<h3>Transcript{part} (times in UTC)</h3>{body}"


@dataclass(frozen=True)
class _Row:
    html: str
    day: date | None = None  # a heading says it once
    media: tuple[Media, ...] = ()


def _rows(message: Message, mask: Mask) -> Iterator[_Row]:
    day, media = message.at.date(), to_attach(message)
    for place, piece in enumerate(split_text(readable(message, mask), LINE_CHARACTERS)):
        head = _head(message, continued=bool(place))
        yield _Row(f"<p>{head}<br>{escape(piece)}</p>", day, () if place else media)


def _head(message: Message, *, continued: bool) -> str:
    speaker = SPEAKERS[message.author]
    if message.author is Author.AGENT and message.author_name:
        speaker = f"{speaker} {message.author_name}"
    parts = [f"<b>{escape(speaker)}</b>", f"{message.at:%H:%M:%S} UTC", f"[{message.seq}]"]
    if continued:
        parts.append("<i>continued</i>")
    elif trouble := _trouble(message):
        parts.append(f"<b><i>{escape(trouble)}</i></b>")
    elif receipt := _RECEIPTS.get(message.delivery):
        parts.append(f"<i>{receipt}</i>")
    return " · ".join(parts)


def _fill(rows: Iterable[_Row]) -> Iterator[Note]:
    body, size, media, day = "", 0, tuple[Media, ...](), None
    for row in rows:
        heading = _heading(row.day) if row.day and row.day != day else ""
        weight = len((heading + row.html).encode())
        crowded = bool(media) and len(media) + len(row.media) > NOTE_FILES
        if body and (size + weight > NOTE_BYTES or crowded):
            yield Note(body, media)
            heading = _heading(row.day) if row.day else ""
            body, size, media = "", 0, ()
            weight = len((heading + row.html).encode())
        body, size, media = body + heading + row.html, size + weight, (*media, *row.media)
        day = row.day or day
    yield Note(body, media)


def _heading(day: date) -> str:
    return f"<h4>{day:%Y-%m-%d}</h4>"
