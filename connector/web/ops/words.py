"""How the dashboard says things: times, durations, numbers, and the names of what there is."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import nh3
from markupsafe import Markup, escape

from connector.reports.shares import Spread

HOLDERS = {"WithBot": "with the bot", "HandingOff": "being handed over", "WithAgent": "with an agent",
           "Solved": "solved, may reopen", "Ended": "over"}  # fmt: skip
TRIGGERS = {
    "explicit_request": "asked for a person",
    "offer_accepted": "accepted the offer of a person",
    "legal": "legal threat",
    "safety": "safety",
    "no_progress": "no progress",
    "frustration": "frustration",
    "model": "the model asked",
    "bot_failure": "bot failure",
    "keywords": "your keywords",
    "operator": "ordered by an operator",
}
OUTCOMES = {
    "bot_resolved": "resolved by the bot",
    "agent_resolved": "resolved by an agent",
    "abandoned": "abandoned",
    "opted_out": "opted out",
    "handed_back": "handed back to the bot",
    "released": "released",
    "none": "still going on",
    "any": "over, in whatever way",
}
AUTHORS = {"customer": "Customer", "bot": "Bot", "agent": "Agent", "connector": "Fixed text"}
CALLS = {
    "AskBot": "Ask the bot",
    "Summarise": "Write the summary",
    "OpenTicket": "Open the ticket",
    "ReadTicket": "Read the ticket",
    "RemoveTags": "Take tags off the ticket",
    "Redact": "Blot out a forgotten customer's ticket",
    "AddComment": "Write into the ticket",
    "SendText": "Send to the customer",
    "ShowHolder": "Show in the channel's inbox who has the customer",
}
ACTIONS = {
    "sign_in": "signed in",
    "sign_in_refused": "was refused",
    "sign_out": "signed out",
    "hand_over": "ordered a handoff",
    "hand_back": "gave back to the bot",
    "resend": "had sent again",
    "article_added": "added an article on",
    "article_taken_back": "took back the article on",
    "replay": "replayed",
    "drop": "dropped",
    "forget": "forgot",
}
ORDERED = {
    "hand_over": "Ordered. The bot goes silent, and a ticket is on its way.",
    "hand_back": "Ordered. The bot has the customer again, and the ticket says so.",
    "resend": "Ordered. What the customer did not get is sent again.",
}
LANGUAGES = {"en": "English", "es": "Spanish", "fr": "French", "de": "German", "pt": "Portuguese",
             "it": "Italian", "": "not known"}  # fmt: skip
# What each trigger and outcome means, for who reads them for the first time.
MEANINGS = {
    "explicit_request": "the customer said in so many words that they want one",
    "offer_accepted": "the bot had offered one, and the customer said yes",
    "legal": "a lawyer, a regulator, the press or the bank was threatened with",
    "safety": "somebody may come to harm",
    "no_progress": "it turned in circles, or the bot had answered as often as it may",
    "frustration": "several of the last few messages were angry",
    "model": "the bot’s model judged that a person should answer",
    "bot_failure": "the bot could not answer, or one of its limits was used up",
    "keywords": "one of the words that your configuration names",
    "operator": "somebody pressed “Hand over now” here",
    "bot_resolved": "the bot took the matter for settled, and the customer wrote no more",
    "agent_resolved": "an agent solved the ticket, and it stayed solved",
    "handed_back": "somebody gave the customer back to the bot before a solve",
    "abandoned": "the customer stopped writing with the matter not settled",
    "opted_out": "the customer wrote STOP",
    "released": "the ticket was deleted or marked as spam under the conversation",
}
# How a report counts; as lines of text, and as the last paragraph of a page.
COUNTED = (
    "A conversation counts in the month in which it began.",
    "Handoff rate: of all that began, those that went to a person, for whatever reason.",
    "Outcomes and triggers: shares sum to 100 %; each conversation that is over has one outcome.",
    "Topics, in 100: of every hundred conversations that began, so many were handed over for it.",
    "Came back: of all that began, those within a day of the same customer’s one before.",
    "Cost: what the provider’s answers say was used, at the prices of the configuration.",
)
# What our own notes are made of.
_TAGS = {"p", "b", "i", "em", "strong", "h3", "h4", "ul", "ol", "li", "br", "blockquote"}


def words(known: dict[str, str], name: str | None) -> str:
    """In words, or the name itself with its underscores made spaces."""
    return known.get(name or "", (name or "").replace("_", " "))


def number(value: int) -> str:
    return f"{value:,}"


def count(value: int, one: str, many: str = "") -> str:
    """`1 episode`, `1,200 episodes`."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} %"


def decimal(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def score(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def duration(value: timedelta | None) -> str:
    """Two units at most: `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`."""
    if value is None:
        return "–"
    seconds = max(int(value.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:
        return f"{minutes} min"
    if hours < 24:
        rest = minutes % 60
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    rest = hours % 24
    return f"{days} d {rest} h" if rest else f"{days} d"


def moment(value: datetime | None, zone: ZoneInfo) -> Markup:
    """A <time> with the full instant in it."""
    if value is None:
        return Markup("–")
    there = value.astimezone(zone)
    return Markup('<time datetime="{}">{}</time>').format(
        value.isoformat(timespec="seconds"), f"{there.day} {there:%b %Y, %H:%M}"
    )


def spread(value: Spread) -> str:
    if not value.number:
        return "–"
    return f"{duration(value.median)}; 9 in 10 within {duration(value.p90)}"


def change(now: float | None, before: float | None) -> str:
    """By how many percentage points."""
    if now is None or before is None:
        return ""
    by = round(now - before, 1)
    return "no change" if by == 0 else f"{'up' if by > 0 else 'down'} {abs(by):.1f} points"


def note(html: str) -> Markup:
    """A note of ours as it stands in the ticket: what could do more than show is taken away."""
    return Markup(nh3.clean(html, tags=_TAGS, attributes={}))  # noqa: S704 - it has just been cleaned


def lines(text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in text.split("\n"))
