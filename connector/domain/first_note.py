"""A ticket's first note: what the customer wants, what was tried, why a human, where to look."""

from __future__ import annotations

from collections.abc import Collection

from connector.domain.conversation import Author, Conversation, HandingOff
from connector.domain.handoff.base import Considered, Evidence, Trigger
from connector.domain.ids import MessageId, TicketId
from connector.domain.text import shorten
from connector.domain.transcript import Mask, escape, readable
from connector.domain.turns import Point, Summary

SUBJECT = 80  # characters
QUOTE, QUOTES = 600, 6
LESSON = 1500
UNCLEAR = "not clear from the conversation"
_REASONS = {
    Trigger.EXPLICIT_REQUEST: "The customer asked for a person.",
    Trigger.OFFER_ACCEPTED: "The customer accepted the bot's offer of a person.",
    Trigger.LEGAL: "The customer mentioned legal steps.",
    Trigger.SAFETY: "Somebody's safety may be at stake.",
    Trigger.NO_PROGRESS: "The bot was getting nowhere.",
    Trigger.FRUSTRATION: "The customer is frustrated.",
    Trigger.MODEL: "The bot asked for a person.",
    Trigger.BOT_FAILURE: "The bot failed to answer.",
    Trigger.KEYWORDS: "The customer used one of this channel's keywords.",
    Trigger.OPERATOR: "An agent or operator took over.",
}


def handoff_note(
    conversation: Conversation, holder: HandingOff, summary: Summary | None, mask: Mask, link: str
) -> str:
    """HTML. `link` leads to the conversation in the dashboard; "" where there is none."""
    known = frozenset(m.seq for m in conversation.messages)
    told = summary_html(summary, mask, known) if summary else _without(conversation, mask)
    return "".join(
        (
            told,
            _why(conversation, holder.decided, mask),
            _where(conversation, previous(conversation), mask, link),
        )
    )


def subject(
    conversation: Conversation, decided: Considered, summary: Summary | None, mask: Mask
) -> str:
    """From what the customer wants; without a summary that is their own words, not the plea."""
    if summary and summary.subject and summary.wants.messages:
        return shorten(mask(summary.subject), SUBJECT)  # masked first: half a number is none
    said = [m for m in conversation.messages if m.author is Author.CUSTOMER and m.text.strip()]
    if not said:
        return "A customer asks for help"
    pleas = {i for e in decided.evidence for i in e.messages}
    wants = (m for m in said if m.id not in pleas and len(m.text.split()) > 2)
    return shorten(mask(next(wants, said[0]).text), SUBJECT)


def previous(conversation: Conversation) -> TicketId | None:
    """The customer's ticket before this one, as far as it is known to exist."""
    return conversation.past_desks[-1].ticket if conversation.past_desks else None


def summary_html(summary: Summary, mask: Mask, known: Collection[int]) -> str:
    """Each line with the messages that it rests on; what rests on none of `known` is dropped."""
    rows = (
        ("What the customer wants", summary.wants),
        ("What was tried", summary.tried),
        ("Why a human", summary.why_human),
    )
    points = "".join(_point(title, point, mask, known) for title, point in rows)
    return f"<h3>Summary</h3><ul>{points}</ul>"


def _point(title: str, point: Point, mask: Mask, known: Collection[int]) -> str:
    cited = [n for n in point.messages if n in known]
    if not cited or not point.text:
        return f"<li><b>{title}:</b> <i>{UNCLEAR}</i></li>"
    source = ", ".join(f"{n}" for n in cited)
    return f"<li><b>{title}:</b> {escape(mask(point.text))} [{source}]</li>"


def _without(conversation: Conversation, mask: Mask) -> str:
    """What can be said for certain."""
    answers = [m for m in conversation.messages if m.author is Author.BOT and m.reached_customer]
    parts = ["<h3>Summary</h3><p><b>Summary unavailable.</b> The transcript below is complete.</p>"]
    if answers:
        last, times = answers[-1], "once" if len(answers) == 1 else f"{len(answers)} times"
        parts.append(f"<p>The bot answered {times}; its last words [{last.seq}]:</p>")
        parts.append(_quoted(readable(last, mask)))
    else:
        parts.append("<p>The bot had not answered yet.</p>")
    return "".join(parts)


def _quoted(text: str) -> str:
    return f"<blockquote>{escape(shorten(text, QUOTE))}</blockquote>"


def _why(conversation: Conversation, decided: Considered, mask: Mask) -> str:
    score = f"{decided.trigger.value}, score {decided.score:.2f}, threshold {decided.threshold:.2f}"
    evidence = decided.evidence[:QUOTES]
    return (
        f"<h3>Why a person</h3><p><b>{_REASONS[decided.trigger]}</b> <i>({score})</i></p>"
        + "".join(_evidence(conversation, each, mask) for each in evidence)
    )


def _evidence(conversation: Conversation, each: Evidence, mask: Mask) -> str:
    found = [m for i in each.messages if (m := conversation.find(MessageId(i)))]
    quote = each.quote
    if quote.endswith("…") and len(found) == 1:
        quote = found[0].text  # a number that was cut in two is not recognised as one
    cited = ", ".join(str(m.seq) for m in found)
    source = f"<p>In the conversation [{cited}]:</p>" if cited and quote else ""
    detail = f"<p>Noticed: {escape(shorten(mask(each.detail), QUOTE))}</p>" if each.detail else ""
    return detail + source + (_quoted(mask(quote)) if quote else "")


def _where(conversation: Conversation, before: TicketId | None, mask: Mask, link: str) -> str:
    facts = [f"Channel: {escape(conversation.channel)}"]
    if conversation.language:
        facts.append(f"Language: {escape(conversation.language)}")
    if before is not None:
        facts.append(f"The customer's ticket before this one: #{before}")
    if link:
        facts.append(f'<a href="{escape(link)}">Open the conversation</a>')
    lesson = conversation.lesson.strip() if before is not None else ""
    parts = ["<h3>Conversation</h3>", f"<p>{'<br>'.join(facts)}</p>"]
    if lesson:
        parts.append("<p>What the agent last told the customer there:</p>")
        parts.append(f"<blockquote>{escape(shorten(mask(lesson), LESSON))}</blockquote>")
    parts.append(
        "<p><i>Numbers in brackets are messages of the transcript, which follows as the next note. "
        "Public comments go to the customer; internal notes stay here.</i></p>"
    )
    return "".join(parts)
