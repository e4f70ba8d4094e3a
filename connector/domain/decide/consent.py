"""STOP, START and HELP: the law and the carrier decide, never the bot and never an agent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from connector.domain.conversation import (
    Author,
    Conversation,
    Delivery,
    Ended,
    HandingOff,
    Outcome,
    Solved,
    WithAgent,
    WithBot,
)
from connector.domain.decide.decision import (
    OPTED_OUT,
    Decision,
    end,
    fixed,
    note,
    send_key,
    tell_agent,
    withdraw_bot,
)
from connector.domain.decide.reports import tell
from connector.domain.effects import Cancel, SendText
from connector.domain.events import CustomerConsented, CustomerMessaged, Event
from connector.domain.ids import MessageId
from connector.domain.policy import Policy
from connector.domain.transcript import escape

_NOTES = {
    "stop": "The customer texted {word} and has opted out: messages to this number are no longer "
    "sent, yours included, until they text START.",
    "start": "The customer texted {word} and has opted in again: messages reach them.",
    "help": "The customer texted {word}; the carrier answers that by itself.",
}

_ANSWERS = {"stop": "stopped", "start": "started", "help": "help"}


def meant(conversation: Conversation, event: Event) -> Event:
    """The event, with a YES taken for what it is here."""
    if not isinstance(event, CustomerConsented) or event.word != "yes":
        return event
    if conversation.opted_out:
        return replace(event, word="start")
    return CustomerMessaged(event.at, event.external, event.text)


def decide(decision: Decision, event: CustomerConsented, policy: Policy) -> Decision:
    decided = _decide(decision, event)
    return _answered(decided, event, policy) if policy.answers_consent else decided


def _answered(decision: Decision, event: CustomerConsented, policy: Policy) -> Decision:
    """The one text that may still go to who has opted out: that they have.

    It is no part of the conversation: nobody replies to it, and it wakes nobody.
    """
    conversation = decision.conversation
    text = fixed(conversation, _ANSWERS[event.word], policy, event.at)
    key = f"{conversation.id}:consent:{event.external}"
    return decision.then(SendText(key, MessageId(key), conversation.address, text))


def _decide(decision: Decision, event: CustomerConsented) -> Decision:
    conversation = decision.conversation
    if isinstance(conversation.holder, Ended):
        # A lone STOP opens no episode that would have to end in some way.
        opted_out = _opted_out_after(event.word, conversation.opted_out)
        return decision.now(replace(conversation, opted_out=opted_out))
    conversation = conversation.add(Author.CUSTOMER, event.text, event.at)
    decision = decision.now(conversation)
    if isinstance(conversation.holder, WithAgent | Solved):
        text = _NOTES[event.word].format(word=escape(event.text))
        key = f"{conversation.messages[-1].id}:consent"
        decision = note(decision, conversation.holder.desk, key, f"<p>{text}</p>")
    if event.word == "stop":
        return opt_out(decision, event.at)
    if event.word == "start":
        # What fails from now on is news again.
        decision = tell(decision)
        return decision.now(replace(decision.conversation, opted_out=False, told=()))
    return decision


def _opted_out_after(word: str, before: bool) -> bool:
    return {"stop": True, "start": False}.get(word, before)


def opt_out(decision: Decision, at: datetime) -> Decision:
    """From now on nothing is sent to this customer; what is still waiting is withdrawn."""
    decision = decision.now(replace(decision.conversation, opted_out=True))
    match decision.conversation.holder:
        case WithBot():
            decision = end(withdraw_bot(decision), Outcome.OPTED_OUT, at)
            return _suppress_queued(decision, at).held_by(Ended(Outcome.OPTED_OUT))
        case HandingOff() | WithAgent() | Solved():
            return _suppress_queued(decision, at)
        case Ended():
            return decision
        case unknown:
            assert_never(unknown)


def _suppress_queued(decision: Decision, at: datetime) -> Decision:
    """An agent's words that are still queued: not sent, and the ticket says so."""
    conversation = decision.conversation
    queued = [m for m in conversation.messages if m.delivery is Delivery.QUEUED]
    if not queued:
        return decision
    decision = decision.then(Cancel(tuple(send_key(m) for m in queued)))
    for message in queued:
        unsent = replace(message, delivery=Delivery.SUPPRESSED, why=OPTED_OUT)
        decision = decision.now(decision.conversation.change(unsent))
        decision = tell_agent(decision, unsent, at)
    return decision
