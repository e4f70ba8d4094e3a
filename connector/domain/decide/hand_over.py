"""The decision to hand over, the ticket's draft, and what follows once the ticket exists."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.domain import first_note, transcript
from connector.domain.conversation import (
    Author,
    Conversation,
    Desk,
    HandingOff,
    Message,
    WithAgent,
)
from connector.domain.decide.decision import (
    DELAYED,
    OPTED_OUT,
    REOPEN,
    SUMMARY,
    Decision,
    facts,
    fixed,
    is_open,
    note,
    read,
    say_fixed,
    waits_from,
    withdraw_bot,
)
from connector.domain.effects import AddComment, OpenTicket, SetTimer, StopTimer, Summarise
from connector.domain.events import TicketOpened
from connector.domain.handoff.base import Considered
from connector.domain.policy import Facts, Policy
from connector.domain.tickets import CommentDraft, Requester, TicketDraft, TicketFields
from connector.domain.turns import Summary, SummaryRequest

TRANSCRIPT = ":transcript:"  # in the keys of its notes


def hand_over(decision: Decision, decided: Considered, at: datetime, policy: Policy) -> Decision:
    """From here on the bot says nothing more; the summary is asked for, then the ticket."""
    decision = withdraw_bot(decision)
    conversation = decision.conversation
    episode = replace(conversation.episode, trigger=decided.trigger, handed_off_at=at)
    conversation = replace(
        conversation,
        episode=episode,
        language=conversation.language or decided.language,
        holder=HandingOff(decided, since=at),
    )
    if any(reached.forbids_calls for reached in policy.reached):
        # No money, or no tokens, for a summary: the ticket has the whole transcript all the same.
        decision = decision.now(conversation).then(SetTimer(DELAYED, at + policy.handoff_delay))
        return draft_ticket(decision, HandingOff(decided, since=at), None, policy)
    request = SummaryRequest(
        lines=transcript.lines(conversation, policy.mask),
        trigger=decided.trigger.value,
        quote=policy.mask(decided.evidence[0].quote) if decided.evidence else "",
        language=conversation.language,
    )
    return decision.now(conversation).then(
        Summarise(f"{episode.id}:summary", episode.id, request),
        SetTimer(SUMMARY, at + policy.summary_wait),
        SetTimer(DELAYED, at + policy.handoff_delay),
    )


def draft_ticket(
    decision: Decision, holder: HandingOff, summary: Summary | None, policy: Policy
) -> Decision:
    """Order the ticket; its transcript goes as far as the conversation does now."""
    if policy.next_ticket is not None and not holder.refusals:
        return _put_off(decision, holder, summary, policy.next_ticket)
    conversation = decision.conversation
    episode = conversation.episode
    plain = holder.refusals > 0
    fields = TicketFields() if plain else policy.ticket_fields(_facts(conversation, holder, policy))
    link = policy.conversation_link(conversation.id)
    html = first_note.handoff_note(conversation, holder, summary, policy.mask, link)
    if plain:
        html += (
            "<p><b>The ticket was refused with this channel's group, brand, form, priority, tags "
            "and fields, so it was made without them.</b></p>"
        )
    draft = TicketDraft(
        key=f"{episode.id}:ticket:{holder.refusals}",
        external_id=episode.id,
        subject=transcript.inert(
            first_note.subject(conversation, holder.decided, summary, policy.mask)
        ),
        requester=requester(conversation),
        note_html=html,
        fields=fields,
        follows=None if plain else first_note.previous(conversation),
    )
    upto = conversation.seq if holder.upto is None else holder.upto
    holder = replace(holder, upto=upto, summary=summary, late_summary=None)
    return decision.held_by(holder).then(StopTimer(SUMMARY), OpenTicket(draft.key, draft))


def _put_off(
    decision: Decision, holder: HandingOff, summary: Summary | None, until: datetime
) -> Decision:
    """As if the helpdesk were down: the customer is told (DELAYED), and all that they write meanwhile
    stands in the ticket that follows."""
    holder = replace(holder, summary=summary or holder.summary)
    return decision.held_by(holder).then(StopTimer(SUMMARY), SetTimer(REOPEN, until))


def _plain(text: str, policy: Policy) -> str:
    """For what is no HTML."""
    return transcript.inert(policy.mask(text))


def _facts(conversation: Conversation, holder: HandingOff, policy: Policy) -> Facts:
    """What fields may name; some of it customers and models chose."""
    return {
        name: {key: _plain(value, policy) for key, value in values.items()}
        for name, values in facts(conversation, holder.decided).items()
    }


def requester(conversation: Conversation) -> Requester:
    """Known by phone number across channels, else by this channel's own address; nothing invented."""
    address = conversation.address
    bare = address.removeprefix("whatsapp:")
    own = bare if bare.startswith("+") and bare[1:].isdigit() else None
    phone = own or conversation.customer_phone
    ours = f"phone:{phone}" if phone else f"{conversation.channel}:{address}"
    name = conversation.customer_name or phone or bare
    return Requester(f"connector:{ours}", transcript.inert(name), phone, conversation.language)


def ticket_opened(
    decision: Decision, holder: HandingOff, event: TicketOpened, policy: Policy
) -> Decision:
    """Transcript, then what the customer wrote meanwhile, and then, and only then, the word to them."""
    upto = holder.upto if holder.upto is not None else decision.conversation.seq
    conversation = decision.conversation
    desk = Desk(event.ticket, event.requester)
    conversation = replace(
        conversation,
        holder=WithAgent(desk, since=event.at, after=upto),
        episode=replace(conversation.episode, ticket=event.ticket, ticket_at=event.at),
    )
    decision = decision.now(conversation).then(StopTimer(DELAYED), StopTimer(REOPEN))
    promise = "handoff" if is_open(policy, event.at) else "after_hours"
    told = fixed(conversation, promise, policy, event.at)
    closing = "" if conversation.opted_out else f"The customer is now being told: {told}"
    decision = add_transcript(decision, desk, upto, closing, policy)
    for message in conversation.messages:
        if message.seq > upto:
            decision = mirror(decision, desk, message, policy)
    if conversation.opted_out:
        html = f"<p><b>Messages do not reach the customer: {OPTED_OUT}.</b></p>"
        decision = note(decision, desk, f"{conversation.episode.id}:opted_out", html)
    else:
        decision = say_fixed(decision, promise, event.at, policy)
    decision = waits_from(decision, event.at, policy)
    decision, desk = read(decision, desk)
    return decision.held_by(WithAgent(desk, since=event.at, after=upto))


def carried(conversation: Conversation, key: str) -> tuple[int, ...]:
    """The customer's messages that stand in this note, if it is a transcript."""
    if not key.startswith(f"{conversation.episode.id}{TRANSCRIPT}"):
        return ()
    return tuple(m.seq for m in conversation.messages if m.author is Author.CUSTOMER)


def add_transcript(
    decision: Decision, desk: Desk, upto: int, closing: str, policy: Policy
) -> Decision:
    conversation = decision.conversation
    told = [m for m in conversation.messages if m.seq <= upto]
    notes = transcript.transcript_notes(told, policy.mask, closing)
    for number, each in enumerate(notes, 1):
        key = f"{conversation.episode.id}{TRANSCRIPT}{desk.ticket}:{number}"
        draft = CommentDraft(key, desk.ticket, each.html, public=False)
        decision = decision.then(AddComment(key, draft, media=each.media))
    return decision


def mirror(
    decision: Decision,
    desk: Desk,
    message: Message,
    policy: Policy,
    *,
    moved: bool = False,
    reopen: bool = False,
) -> Decision:
    """A message into the ticket: the customer's as their own comment, ours as a note.

    `moved`: the ticket that it was meant for takes no more, this one stands in its place.
    """
    base = f"{message.id}:comment" + (f":to:{desk.ticket}" if moved else "")
    media = transcript.to_attach(message)
    for number, html in enumerate(transcript.comment_htmls(message, policy.mask), 1):
        first = number == 1
        key = base if first else f"{base}:{number}"
        if message.author is not Author.CUSTOMER:
            speaker = transcript.SPEAKERS[message.author]
            told = f"<p><b>{speaker} to the customer:</b></p>{html}"
            decision = note(decision, desk, key, told)
            continue
        draft = CommentDraft(
            key, desk.ticket, html, public=True, author=desk.requester, reopen=reopen and first
        )
        decision = decision.then(AddComment(key, draft, message.id, media if first else ()))
    return decision
