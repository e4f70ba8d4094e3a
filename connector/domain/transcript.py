"""Messages -> the lines that a bot and a summary read, and the notes that an agent reads.

Everything that came from a customer or a model is escaped: no HTML, and no helpdesk placeholder
({{...}}, {%...%}) that the helpdesk would expand.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence

from connector.domain.conversation import Author, Conversation, Delivery, Message
from connector.domain.handoff.base import Considered
from connector.domain.text import split_text
from connector.domain.turns import Line, Point, Summary

# Zendesk cuts a comment at 64 kB without a word (its documentation of comment bodies).
NOTE_BYTES = 60_000
LINE_CHARACTERS = 10_000  # at most 6 bytes a character once escaped: a line always fits a note

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

Mask = Callable[[str], str]


def line(message: Message, mask: Mask) -> Line:
    note = _NOTES.get(message.delivery, "")
    if note and message.why:
        note = f"{note}: {message.why}"
    return Line(message.seq, message.author.value, readable(message, mask), message.at, note)


def readable(message: Message, mask: Mask) -> str:
    """The text, or for a bare picture the words that say so."""
    parts = [mask(message.text)] if message.text else []
    parts += [f"[{m.content_type or 'file'}: {m.name or 'attachment'}]" for m in message.media]
    return "\n".join(parts) or "[empty message]"


def lines(conversation: Conversation, mask: Mask, upto: int | None = None) -> tuple[Line, ...]:
    """This episode's, as far as message `upto`."""
    return tuple(line(m, mask) for m in conversation.messages if upto is None or m.seq <= upto)


def escape(text: str) -> str:
    """For HTML, with braces as entities so that no placeholder is left to expand."""
    safe = html.escape(text, quote=True).replace("{", "&#123;").replace("}", "&#125;")
    return safe.replace("\r\n", "\n").replace("\n", "<br>")


def comment_html(message: Message, mask: Mask) -> str:
    """A customer's message as the comment that they would have written."""
    return f"<p>{escape(readable(message, mask))}</p>"


def handoff_note(
    conversation: Conversation, decided: Considered, summary: Summary | None, mask: Mask
) -> str:
    """The ticket's first note: what the customer wants, what was tried, why a human, the trigger."""
    parts = summary_html(summary, mask) if summary else "<p><b>Summary unavailable.</b></p>"
    quotes = [
        f"<blockquote>{escape(mask(e.quote))}</blockquote>" for e in decided.evidence if e.quote
    ]
    details = [f"<p>{escape(mask(e.detail))}</p>" for e in decided.evidence if e.detail]
    score = f"score {decided.score:.2f}, threshold {decided.threshold:.2f}"
    return "".join(
        [
            parts,
            f"<p><b>Handed over because:</b> {decided.trigger.value} ({score})</p>",
            *details,
            *quotes,
            f"<p>Channel: {escape(conversation.channel)}. "
            f"Conversation {conversation.id}, episode {conversation.episode.number}. "
            "Public comments go to the customer; internal notes stay here.</p>",
        ]
    )


def summary_html(summary: Summary, mask: Mask) -> str:
    rows = (
        ("What the customer wants", summary.wants),
        ("What was tried", summary.tried),
        ("Why a human", summary.why_human),
    )
    return "<ul>" + "".join(_point(title, point, mask) for title, point in rows) + "</ul>"


def _point(title: str, point: Point, mask: Mask) -> str:
    cited = ", ".join(f"#{n}" for n in point.messages)
    source = f" <i>({cited})</i>" if cited else ""
    return f"<li><b>{title}:</b> {escape(mask(point.text))}{source}</li>"


def transcript_notes(lines_: Sequence[Line], closing: str = "") -> tuple[str, ...]:
    """The transcript in as many notes as it takes, in order; nothing is left out."""
    rows = [row for each in lines_ for row in _rows(each)]
    if closing:
        rows.append(f"<p><i>{escape(closing)}</i></p>")
    notes = list(_fill(rows))
    count = len(notes)
    return tuple(_titled(body, number, count) for number, body in enumerate(notes, 1))


def _titled(body: str, number: int, count: int) -> str:
    part = f", part {number} of {count}" if count > 1 else ""
    return f"<h3>Transcript{part} (times in UTC)</h3>{body}"


def _rows(each: Line) -> Iterable[str]:
    speaker = SPEAKERS[Author(each.speaker)]
    note = f" <i>({escape(each.note)})</i>" if each.note else ""
    for place, piece in enumerate(split_text(each.text, LINE_CHARACTERS)):
        more = " (continued)" if place else ""
        yield (
            f"<p>#{each.number} <b>{speaker}{more}</b> "
            f"{each.at:%Y-%m-%d %H:%M:%S}{note}<br>{escape(piece)}</p>"
        )


def _fill(rows: Iterable[str]) -> Iterable[str]:
    body, size = "", 0
    for row in rows:
        weight = len(row.encode())
        if body and size + weight > NOTE_BYTES:
            yield body
            body, size = "", 0
        body, size = body + row, size + weight
    yield body
