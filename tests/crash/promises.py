"""The promises, held against what the twins have seen: phone and ticket beside the story's reference."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connector.sandbox.zendesk.agents import CommentView, TicketView
from connector.settings.texts import TEXTS
from tests.crash.calls import Calls
from tests.crash.story import CANARY, CUSTOMER, Story

HANDOFF, SOLVED = TEXTS["handoff"]["en"], TEXTS["solved"]["en"]


@dataclass(frozen=True)
class Excused:
    """What a fault takes away for good: then it must not be there twice, but may be missing."""

    phone: bool = False  # the provider refused a text for good
    ticket: bool = False  # the helpdesk refused a ticket or comment for good


NOTHING = Excused()


def broken(story: Story, calls: Calls, excused: Excused = NOTHING) -> list[str]:
    """Every promise that does not hold, in words."""
    shown = story.stage.twilio.conversation(CUSTOMER)
    phone = [m.text for m in shown if m.direction == "outbound" and m.status != "failed"]
    tickets = story.stage.zendesk.tickets()
    return [
        *_customer(story, phone, tickets, excused),
        *_agent(story, phone, excused),
        *_tickets(tickets, excused),
        *_fixed_texts(story, phone, tickets, excused),
        *(f"a note reached the phone: {text!r}" for text in phone if CANARY in text),
        *(f"a person was promised without a ticket: {text!r}" for text in calls.untrue),
    ]


def _customer(
    story: Story, phone: Sequence[str], tickets: Sequence[TicketView], excused: Excused
) -> Iterator[str]:
    answers = "\n".join(text for text in phone if re.search(r"\(no \d\)", text))
    for number, said in enumerate(story.customer, 1):
        count = answers.count(f"(no {number})")
        if count > 1:
            yield f"{said!r} was answered {count} times"
        stands = [_stands(said, ticket) for ticket in tickets]
        if any(public + noted > 1 for public, noted in stands):
            yield f"{said!r} stands {stands} times in a ticket"
        if not count and not any(map(sum, stands)) and not (excused.phone or excused.ticket):
            yield f"{said!r} was lost"
    for ticket in tickets:
        own = [said for c in ticket.comments for said in _messages(c) if said in story.customer]
        if own != sorted(own, key=story.customer.index):
            yield f"ticket {ticket.id} is out of order: {own}"


def _stands(said: str, ticket: TicketView) -> tuple[int, int]:
    """How often as a comment of the customer's own, and how often in the transcript."""
    public = sum(_messages(c).count(said) for c in ticket.comments if c.public)
    noted = [html.unescape(c.html) for c in ticket.comments if "<h3>Transcript" in c.html]
    return public, sum(text.count(said) for text in noted)


def _messages(comment: CommentView) -> list[str]:
    """What waited while the helpdesk was away may stand in one comment, a paragraph each."""
    return [paragraph.strip() for paragraph in comment.plain.split("\n\n")]


def _agent(story: Story, phone: Sequence[str], excused: Excused) -> Iterator[str]:
    heard = [text.removeprefix("Ana: ") for text in phone if text.startswith("Ana: ")]
    if excused.phone:
        if any(times > 1 for times in Counter(heard).values()):
            yield f"doubled on the phone: {heard}"
    elif heard != story.agent:
        yield f"the agent wrote {story.agent}, the phone shows {heard}"


def _tickets(tickets: Sequence[TicketView], excused: Excused) -> Iterator[str]:
    episodes = Counter(ticket.external_id for ticket in tickets)
    if any(count > 1 for count in episodes.values()):
        yield f"more than one ticket an episode: {episodes}"
    for ticket in tickets:
        count = sum("<h3>Transcript" in comment.html for comment in ticket.comments)
        if count != 1 and not (excused.ticket and count == 0):
            yield f"ticket {ticket.id} has {count} transcripts"
        keys = Counter(str(c.metadata.get("custom")) for c in ticket.comments if _ours(c.metadata))
        if any(times > 1 for times in keys.values()):
            yield f"ticket {ticket.id} has a comment twice: {keys}"


def _ours(metadata: dict[str, object]) -> bool:
    custom = metadata.get("custom")
    return isinstance(custom, dict) and "connector" in custom


def _fixed_texts(
    story: Story, phone: Sequence[str], tickets: Sequence[TicketView], excused: Excused
) -> Iterator[str]:
    solved = sum(SOLVED in text for text in phone)
    least = int(story.solved and not story.rushed and not excused.phone)
    if not least <= solved <= len(tickets):
        yield f"the closing text came {solved} times"
    told = sum(HANDOFF in text for text in phone)
    if told > len(tickets) or (told < len(tickets) and not excused.phone):
        yield f"{told} promises of a person, {len(tickets)} tickets"
