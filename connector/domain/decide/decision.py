"""A decision under construction, and the steps that all holders share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.domain.conversation import (
    Author,
    Conversation,
    Delivery,
    Desk,
    Ended,
    Episode,
    Holder,
    Media,
    Message,
    Outcome,
    Solved,
    WithAgent,
    WithBot,
)
from connector.domain.effects import (
    AddComment,
    Cancel,
    Effect,
    ReadTicket,
    SendText,
    SetTimer,
    StopTimer,
)
from connector.domain.events import CustomerMessaged
from connector.domain.handoff.base import Considered
from connector.domain.ids import ExternalId, TicketId
from connector.domain.policy import Facts, Policy, Told
from connector.domain.text import split_text
from connector.domain.tickets import CommentDraft
from connector.domain.window import is_closed

QUIET, IDLE, SETTLE = "quiet", "idle", "settle"
SUMMARY, DELAYED, REOPEN = "summary", "delayed", "reopen"
WAITING, GRACE, REPORT = "waiting", "grace", "report"
# What did not reach the customer is told within seconds where its reason is new, together with all
# that failed meanwhile; what fails for a reason that agents have read about is gathered for longer.
REPORT_SOON, REPORT_LATER = timedelta(seconds=5), timedelta(minutes=10)
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
    phone = event.customer_phone or conversation.customer_phone
    thread = event.thread or conversation.thread
    return decision.now(
        replace(conversation, customer_name=name, customer_phone=phone, thread=thread)
    )


def say(
    decision: Decision,
    author: Author,
    text: str,
    at: datetime,
    policy: Policy,
    *,
    media: tuple[Media, ...] = (),
    author_name: str | None = None,
    offers_person: bool = False,
    comment: ExternalId | None = None,
    choices: tuple[str, ...] = (),
) -> Decision:
    """A text to the customer, in as many messages as the channel needs; none while opted out.

    Files come with one message: the text, if there is any, must fit it. Choices come with the last.
    """
    room = _room(decision.conversation, at, policy)
    pieces = split_text(text, room) or (("",) if media else ())
    for number, piece in enumerate(pieces, 1):
        conversation = decision.conversation.add(
            author, piece, at, media=media, author_name=author_name, offers_person=offers_person,
            comment=comment,
        )  # fmt: skip
        message = conversation.messages[-1]
        if conversation.opted_out:
            unsent = replace(message, delivery=Delivery.SUPPRESSED, why=OPTED_OUT)
            decision = decision.now(conversation.change(unsent))
            decision = tell_agent(decision, unsent, at)
            continue
        send = replace(
            sending(conversation, message), choices=choices if number == len(pieces) else ()
        )
        decision = decision.now(conversation).then(send)
    return decision


def _room(conversation: Conversation, at: datetime, policy: Policy) -> int:
    """The most characters of a message now."""
    window = policy.window(conversation.address)
    if window is None or not is_closed(conversation, window, at):
        return policy.max_text
    return min(policy.max_text, window.max_text)


def sending(conversation: Conversation, message: Message) -> SendText:
    return SendText(
        send_key(message), message.id, conversation.address, message.text, message.media,
        by_agent=message.author is Author.AGENT, thread=conversation.thread,
    )  # fmt: skip


def send_key(message: Message) -> str:
    again = f":{message.resends}" if message.resends else ""
    return f"{message.id}:send{again}"


def ask_key(conversation: Conversation, draft: int) -> str:
    return f"{conversation.id}:ask:{draft}"


def say_fixed(decision: Decision, name: str, at: datetime, policy: Policy) -> Decision:
    """One of the operator's fixed texts."""
    text = fixed(decision.conversation, name, policy, at)
    return say(decision, Author.CONNECTOR, text, at, policy)


def fixed(conversation: Conversation, name: str, policy: Policy, at: datetime) -> str:
    told: Told = {**facts(conversation), "next_opening": _next_opening(conversation, policy, at)}
    return policy.wording.render(name, conversation.language, told)


def is_open(policy: Policy, at: datetime) -> bool:
    """Whether people are there, as far as opening hours tell."""
    return policy.hours is None or policy.hours.is_open(at)


def _next_opening(conversation: Conversation, policy: Policy, at: datetime) -> str:
    if policy.hours is None or policy.hours.is_open(at):
        return ""
    opens = policy.hours.next_opening(at)
    return policy.hours.in_words(opens, conversation.language) if opens else ""


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


def waits_from(decision: Decision, at: datetime, policy: Policy) -> Decision:
    """The customer waits for a person; the time while people are away does not count."""
    if policy.waiting_notice is None:
        return decision
    start = at if policy.hours is None else policy.hours.count_from(at)
    return decision.then(SetTimer(WAITING, start + policy.waiting_notice))


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


def tell_agent(decision: Decision, message: Message, at: datetime) -> Decision:
    """This did not reach the customer, or nobody can tell: the ticket will say so (`reports`)."""
    conversation = decision.conversation
    if desk_for(conversation, message) is None or message.id in conversation.untold:
        return decision
    waiting, fresh = bool(conversation.untold), cause(message) not in conversation.told
    told = (*conversation.told, cause(message)) if fresh else conversation.told
    untold = (*conversation.untold, message.id)
    decision = decision.now(replace(conversation, untold=untold, told=told))
    if fresh:
        return decision.then(SetTimer(REPORT, at + REPORT_SOON))
    return decision if waiting else decision.then(SetTimer(REPORT, at + REPORT_LATER))


def cause(message: Message) -> str:
    """What messages have in common that did not arrive for the same reason."""
    kind = "unknown" if message.delivery is Delivery.UNKNOWN else "unsent"
    return f"{kind}:{message.why}"


def desk_for(conversation: Conversation, message: Message) -> Desk | None:
    """Where agents are told what became of this message; None where no agent was concerned."""
    match conversation.holder:
        case WithAgent(desk=desk) | Solved(desk=desk):
            return desk
        case WithBot() | Ended():
            concerned = message.author in (Author.AGENT, Author.CONNECTOR)
            return conversation.past_desks[-1] if concerned and conversation.past_desks else None
        case _:
            return None  # being handed over: the transcript will say it


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
