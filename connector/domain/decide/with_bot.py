"""The bot has the conversation."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from connector.domain import events as e
from connector.domain import transcript
from connector.domain.conversation import (
    Asked,
    Author,
    Conversation,
    Delivery,
    Ended,
    Message,
    Outcome,
    WithBot,
)
from connector.domain.decide.decision import (
    IDLE,
    QUIET,
    SETTLE,
    Decision,
    ask_key,
    end,
    fixed,
    hear,
    say,
)
from connector.domain.decide.hand_over import hand_over
from connector.domain.decide.late import brought_along
from connector.domain.effects import AskBot, SetTimer, StopTimer
from connector.domain.handoff import bot_failure, cap, consider, decided, limit, model, operator
from connector.domain.handoff.base import Turn
from connector.domain.handoff.offer_accepted import answers
from connector.domain.policy import Policy
from connector.domain.turns import BotDecision, BotRequest, BotTurn, Line

# The bot sees the end of a very long episode; the ticket gets all of it.
LINES = 60


def decide(decision: Decision, holder: WithBot, event: e.ByHolder, policy: Policy) -> Decision:
    match event:
        case e.CustomerMessaged():
            return customer_messaged(decision, event, policy)
        case e.TimerFired():
            return _timer(decision, holder, event, policy)
        case e.BotAnswered():
            return _answered(decision, holder, event, policy)
        case e.BotFailed():
            return _bot_failed(decision, holder, event, policy)
        case e.CommentRefused():
            return _refused(decision, holder, event, policy)
        case e.HandoffOrdered():
            return _ordered(decision, event, policy)
        case (
            e.TicketChanged()
            | e.TicketRead()
            | e.TicketGone()
            | e.Summarised()
            | e.SummaryFailed()
            | e.TicketOpened()
            | e.TicketRefused()
            | e.CommentAdded()
            | e.TagsRemoved()
            | e.TagsRefused()
            | e.CustomerConsented()
            | e.ReceiptArrived()
            | e.MessageSent()
            | e.DeliveryFailed()
            | e.DeliveryUnknown()
            | e.HolderShown()
            | e.HandBackOrdered()
            | e.ResendOrdered()
        ):
            return decision
        case unknown:
            assert_never(unknown)


def customer_messaged(decision: Decision, event: e.CustomerMessaged, policy: Policy) -> Decision:
    """Look at the local triggers, which need no model; else wait for the customer to finish."""
    return heard(hear(decision, event), event.at, policy)


def heard(decision: Decision, at: datetime, policy: Policy) -> Decision:
    """The newest message of the episode is the customer's and has just been added."""
    conversation = decision.conversation
    considered = consider(turns(conversation), policy.handoff)
    decision = decision.because(*considered)
    hit = decided(considered)
    if hit is not None:
        return hand_over(decision, hit, at, policy)
    assert isinstance(conversation.holder, WithBot)  # noqa: S101 - the caller's own match
    if conversation.opted_out:
        return decision  # an answer could not be sent
    if policy.reached:
        return _used_up(decision, at, policy)
    holder = conversation.holder
    rest = (SetTimer(IDLE, at + policy.abandon), StopTimer(SETTLE))
    if not policy.quiet_period and holder.asked is None:
        return _ask(decision.then(*rest), holder, at, policy)
    until = at + policy.quiet_period
    decision = decision.held_by(replace(holder, quiet_until=until))
    return decision.then(SetTimer(QUIET, until), *rest)


def _refused(
    decision: Decision, holder: WithBot, event: e.CommentRefused, policy: Policy
) -> Decision:
    """The bot answers what an earlier ticket did not take."""
    brought = brought_along(decision, event)
    if brought is None:
        return decision
    seqs = [m.seq for m in brought.conversation.messages if m.id == event.message]
    holder = replace(holder, answered=min(holder.answered, seqs[0] - 1))
    return heard(brought.held_by(holder), event.at, policy)


def turns(conversation: Conversation) -> tuple[Turn, ...]:
    """The episode as the triggers see it: what the customer did not get, they can't react to."""
    kinds = {Author.CUSTOMER: "customer", Author.BOT: "bot", Author.AGENT: "agent"}
    return tuple(
        Turn(m.id, kinds[m.author], m.text, m.offers_person, conversation.language)  # type: ignore[arg-type]
        for m in conversation.messages
        if m.author in kinds and m.reached_customer
    )


def _timer(decision: Decision, holder: WithBot, event: e.TimerFired, policy: Policy) -> Decision:
    if event.name == QUIET:
        holder = replace(holder, quiet_until=None)
        if holder.asked is not None:
            return decision.held_by(holder)  # the answer, stale by now, will ask again
        return _ask(decision, holder, event.at, policy)
    if event.name == IDLE or (event.name == SETTLE and decision.conversation.episode.settled):
        settled = decision.conversation.episode.settled
        outcome = Outcome.BOT_RESOLVED if settled else Outcome.ABANDONED
        decision = decision.then(StopTimer(IDLE), StopTimer(SETTLE), StopTimer(QUIET))
        return end(decision, outcome, event.at).held_by(Ended(outcome))
    return decision


def _ask(decision: Decision, holder: WithBot, at: datetime, policy: Policy) -> Decision:
    conversation = decision.conversation
    upto = _last_customer(conversation)
    if upto <= holder.answered or conversation.opted_out:
        return decision.held_by(holder)
    if policy.reached:
        return _used_up(decision.held_by(holder), at, policy)
    draft = conversation.drafts + 1
    request = BotRequest(
        lines=_recent(conversation, policy),
        earlier=_earlier(conversation, policy),
        answered=holder.answered,
        language=conversation.language,
        lesson=policy.mask(conversation.lesson),
    )
    attempts = policy.handoff.bot_failure_after or 3
    conversation = replace(
        conversation, drafts=draft, holder=replace(holder, asked=Asked(draft, upto))
    )
    effect = AskBot(ask_key(conversation, draft), draft, request, attempts)
    return decision.now(conversation).then(effect)


def _used_up(decision: Decision, at: datetime, policy: Policy) -> Decision:
    """A limit of the operator's forbids the bot to answer: somebody must."""
    forbidden = cap.consider(policy.reached[0], turns(decision.conversation))
    return hand_over(decision.because(forbidden), forbidden, at, policy)


def _recent(conversation: Conversation, policy: Policy) -> tuple[Line, ...]:
    return transcript.lines(conversation, policy.mask)[-LINES:]


def _earlier(conversation: Conversation, policy: Policy) -> tuple[Line, ...]:
    return tuple(transcript.line(m, policy.mask) for m in conversation.earlier)


def _last_customer(conversation: Conversation) -> int:
    last = conversation.last_from(Author.CUSTOMER)
    return last.seq if last else 0


def _answered(
    decision: Decision, holder: WithBot, event: e.BotAnswered, policy: Policy
) -> Decision:
    asked = holder.asked
    if asked is None or asked.draft != event.draft:
        return decision
    holder = replace(holder, asked=None)
    stale = _last_customer(decision.conversation) > asked.upto
    if stale and holder.discarded < policy.stale_drafts:
        holder = replace(holder, discarded=holder.discarded + 1)
        return _go_on(decision.held_by(holder), holder, event.at, policy)
    holder = replace(holder, answered=asked.upto, discarded=0)
    conversation = replace(
        decision.conversation,
        language=event.turn.language or decision.conversation.language,
        holder=holder,
    )
    decision = _act(decision.now(conversation), event.turn, event.at, policy)
    if isinstance(decision.conversation.holder, WithBot):
        return _go_on(decision, decision.conversation.holder, event.at, policy)
    return decision


def _go_on(decision: Decision, holder: WithBot, at: datetime, policy: Policy) -> Decision:
    """Ask for what is not answered yet, unless the customer may still be typing."""
    return decision if holder.quiet_until else _ask(decision, holder, at, policy)


def _act(decision: Decision, turn: BotTurn, at: datetime, policy: Policy) -> Decision:
    conversation = decision.conversation
    if turn.decision is BotDecision.HAND_OFF:
        asked_for = model.consider(
            turn.trigger, turn.reason, turn.quote, turns(conversation), policy.handoff
        )
        decision = decision.because(asked_for)
        if asked_for.fired:
            return hand_over(decision, asked_for, at, policy)
    if not turn.reply:
        return _settle(decision, turn, at, policy)
    sent = [m for m in conversation.messages if _went_out(m)]
    too_many = limit.consider(len(sent), policy.bot_replies, turns(conversation))
    if too_many.fired:
        return hand_over(decision.because(too_many), too_many, at, policy)
    text = turn.reply if sent else f"{fixed(conversation, 'automated', policy, at)} {turn.reply}"
    decision = say(
        decision, Author.BOT, text, at, policy, offers_person=turn.offers_person,
        choices=answers(conversation.language) if turn.offers_person else (),
    )  # fmt: skip
    return _settle(decision, turn, at, policy)


def _went_out(message: Message) -> bool:
    return message.author is Author.BOT and message.delivery is not Delivery.CANCELLED


def _settle(decision: Decision, turn: BotTurn, at: datetime, policy: Policy) -> Decision:
    settled = turn.decision is BotDecision.RESOLVED
    conversation = decision.conversation
    episode = replace(conversation.episode, settled=settled)
    decision = decision.now(replace(conversation, episode=episode))
    return decision.then(SetTimer(SETTLE, at + policy.settle)) if settled else decision


def _ordered(decision: Decision, event: e.HandoffOrdered, policy: Policy) -> Decision:
    """An operator wants a person to take over; an order for an episode that is over came too late."""
    if event.episode != decision.conversation.episode.id:
        return decision
    ordered = operator.consider(event.account, turns(decision.conversation))
    return hand_over(decision.because(ordered), ordered, event.at, policy)


def _bot_failed(
    decision: Decision, holder: WithBot, event: e.BotFailed, policy: Policy
) -> Decision:
    if holder.asked is None or holder.asked.draft != event.draft:
        return decision
    decision = decision.held_by(replace(holder, asked=None))
    failed = bot_failure.consider(
        event.attempts, event.reason, turns(decision.conversation), policy.handoff, final=True
    )
    decision = decision.because(failed)
    if failed.fired:
        return hand_over(decision, failed, event.at, policy)
    # Switched off by the operator: the customer still gets an answer, when the bot is back.
    return decision.then(SetTimer(QUIET, event.at + policy.bot_retry))
