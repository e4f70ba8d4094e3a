"""A decision under construction, and the steps that all holders share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from connector.domain.conversation import (
    Author,
    Conversation,
    Delivery,
    Desk,
    Episode,
    Holder,
    Message,
    Outcome,
    WithAgent,
)
from connector.domain.effects import AddComment, Cancel, Effect, ReadTicket, SendText, StopTimer
from connector.domain.events import CustomerMessaged
from connector.domain.handoff.base import Considered
from connector.domain.ids import TicketId
from connector.domain.policy import Facts, Policy
from connector.domain.text import split_text
from connector.domain.tickets import CommentDraft
from connector.domain.transcript import escape

QUIET, IDLE, SETTLE = "quiet", "idle", "settle"
SUMMARY, DELAYED, REOPEN = "summary", "delayed", "reopen"
# A helpdesk's refusals after which the ticket takes no more comments at all.
NO_MORE_COMMENTS = frozenset({"closed", "gone"})
# Given up on, and kept where an operator can have it tried again.
BURIED = "buried"
OPTED_OUT = "the customer has opted out of messages from this number (STOP)"


@dataclass(frozen=True)
class Decision:
    conversation: Conversation
    effects: tuple[Effect, ...] = ()
    considered: tuple[Considered, ...] = ()  # every trigger that was looked at, fired or not
    ended: tuple[Episode, ...] = ()

    def then(self, *effects: Effect) -> Decision:
        return replace(self, effects=(*self.effects, *effects))

    def now(self, conversation: Conversation) -> Decision:
        return replace(self, conversation=conversation)

    def held_by(self, holder: Holder) -> Decision:
        return self.now(replace(self.conversation, holder=holder))

    def because(self, *considered: Considered) -> Decision:
        return replace(self, considered=(*self.considered, *considered))


def hear(decision: Decision, event: CustomerMessaged) -> Decision:
    """With what the customer wrote at the end of the episode."""
    conversation = decision.conversation.add(
        Author.CUSTOMER, event.text, event.at, media=event.media, external=(event.external,)
    )
    name = event.customer_name or conversation.customer_name
    return decision.now(replace(conversation, customer_name=name))


def say(
    decision: Decision,
    author: Author,
    text: str,
    at: datetime,
    policy: Policy,
    *,
    author_name: str | None = None,
    offers_person: bool = False,
) -> Decision:
    """A text to the customer, in as many messages as the channel needs; none while opted out."""
    for piece in split_text(text, policy.max_text):
        conversation = decision.conversation.add(
            author, piece, at, author_name=author_name, offers_person=offers_person
        )
        message = conversation.messages[-1]
        if conversation.opted_out:
            unsent = replace(message, delivery=Delivery.SUPPRESSED, why=OPTED_OUT)
            decision = decision.now(conversation.change(unsent))
            decision = tell_agent(decision, unsent)
            continue
        send = SendText(send_key(message), message.id, conversation.address, piece)
        decision = decision.now(conversation).then(send)
    return decision


def send_key(message: Message) -> str:
    return f"{message.id}:send"


def ask_key(conversation: Conversation, draft: int) -> str:
    return f"{conversation.id}:ask:{draft}"


def say_fixed(decision: Decision, name: str, at: datetime, policy: Policy) -> Decision:
    """One of the operator's fixed texts."""
    text = fixed(decision.conversation, name, policy)
    return say(decision, Author.CONNECTOR, text, at, policy)


def fixed(conversation: Conversation, name: str, policy: Policy) -> str:
    return policy.wording.render(name, conversation.language, facts(conversation))


def facts(conversation: Conversation, decided: Considered | None = None) -> Facts:
    """What texts and ticket fields may name."""
    episode = conversation.episode
    trigger = decided.trigger if decided else episode.trigger
    reason = decided.evidence[0].detail if decided and decided.evidence else ""
    return {
        "channel": {"name": conversation.channel},
        "customer": {
            "name": conversation.customer_name or "",
            "language": conversation.language or "",
        },
        "conversation": {"id": conversation.id},
        "episode": {"id": episode.id},
        "ticket": {"id": episode.ticket or ""},
        "handoff": {"trigger": trigger.value if trigger else "", "reason": reason},
    }


def withdraw_bot(decision: Decision) -> Decision:
    """Nothing more of the bot's goes out: its drafts and its unsent messages are cancelled."""
    conversation = decision.conversation
    unsent = [
        m for m in conversation.messages if m.author is Author.BOT and m.delivery is Delivery.QUEUED
    ]
    for message in unsent:
        conversation = conversation.change(replace(message, delivery=Delivery.CANCELLED))
    keys = [send_key(m) for m in unsent]
    if conversation.drafts:
        keys.append(ask_key(conversation, conversation.drafts))
    timers = (StopTimer(QUIET), StopTimer(IDLE), StopTimer(SETTLE))
    return decision.now(conversation).then(Cancel(tuple(keys)), *timers)


def note(decision: Decision, desk: Desk, key: str, html: str) -> Decision:
    """An internal note on the ticket, by the connector."""
    return decision.then(AddComment(key, CommentDraft(key, desk.ticket, html, public=False)))


def tell_agent(decision: Decision, message: Message) -> Decision:
    """The ticket tells the truth: what did not reach the customer stands there, with the reason."""
    holder = decision.conversation.holder
    if not isinstance(holder, WithAgent):
        return decision  # before the ticket exists, the transcript says it
    doubt = message.delivery is Delivery.UNKNOWN
    fact = "It is not certain that this reached" if doubt else "This did not reach"
    why = f" ({escape(message.why)})" if message.why else ""
    html = f"<p><b>{fact} the customer{why}:</b></p><blockquote>{escape(message.text)}</blockquote>"
    return note(decision, holder.desk, f"{message.id}:{message.delivery.value}", html)


def read(decision: Decision, desk: Desk) -> tuple[Decision, Desk]:
    """Read the ticket now, or once more when the reading under way is done."""
    if desk.reading:
        return decision, replace(desk, read_again=True)
    desk = replace(desk, reading=True, read_again=False, reads=desk.reads + 1)
    key = f"{decision.conversation.id}:read:{desk.ticket}:{desk.reads}"
    return decision.then(ReadTicket(key, desk.ticket, desk.cursor)), desk


def end(decision: Decision, outcome: Outcome, at: datetime) -> Decision:
    """The episode is over, with this one outcome."""
    conversation = decision.conversation
    episode = replace(conversation.episode, outcome=outcome, ended_at=at)
    decision = decision.now(replace(conversation, episode=episode))
    return replace(decision, ended=(*decision.ended, episode))


def is_desk(desk: Desk | None, ticket: TicketId) -> bool:
    return desk is not None and desk.ticket == ticket
