"""The inbox lane: one event at a time -> decide -> one transaction keeps all that follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from connector import alerts, log, tracing
from connector.domain.caps import Cap
from connector.domain.conversation import Conversation
from connector.domain.decide import Decision, decide
from connector.domain.decide.consent import meant
from connector.domain.effects import DIRECTIONS, Cancel, Effect, SetTimer, StopTimer
from connector.domain.events import Event
from connector.domain.ids import ConversationId
from connector.domain.lanes import INBOX, Lane
from connector.errors import StaleConversation
from connector.pipeline import facts, notices, presence, spending
from connector.pipeline.parts import ChannelParts, Parts
from connector.pipeline.spending import UsedUp
from connector.storage import alarms, conversations, inbox, links, outbox, spend
from connector.storage.alarms import Alarm
from connector.storage.inbox import Unreadable, Waiting

PARKED = timedelta(minutes=5)  # an event that can't be handled, before it is tried again

_log = log.get(__name__)


def advance(parts: Parts, conversation: ConversationId) -> datetime | None:
    """Handle one event that is due; when there will be more, or None."""
    now = parts.now()
    waiting, later, before = parts.db.read(partial(_next, conversation=conversation, now=now))
    if waiting is None:
        return later
    event = waiting.event
    try:
        if before is None:
            # It was forgotten while this was on its way to it.
            _log.warning("event_of_nobody", conversation=conversation, kind=type(event).__name__)
            parts.db.write(lambda c: inbox.handled(c, conversation, waiting, now))
            return now
        if isinstance(event, Unreadable) or isinstance(before, Unreadable):
            _park(parts, conversation, waiting, "Unreadable", now)
            return now
        with tracing.span("advance", conversation, event=type(event).__name__):
            _handle(parts, waiting, event, before, now)
    except StaleConversation:
        return now  # somebody was faster: look again
    # What arrives from now on wakes the lane again, timers that were just set too.
    return later


def _next(
    connection: Connection, conversation: ConversationId, now: datetime
) -> tuple[Waiting | None, datetime | None, Conversation | Unreadable | None]:
    waiting, later = inbox.upcoming(connection, conversation, now)
    if waiting is None:
        return None, later, None
    try:
        return waiting, later, conversations.load(connection, conversation)
    except (KeyError, ValueError):
        return waiting, later, Unreadable()


def _handle(
    parts: Parts, waiting: Waiting, event: Event, before: Conversation, now: datetime
) -> None:
    kept = _decide(parts, waiting, event, before, now)
    if kept is None:
        return
    decision, alarmed = kept
    for alarm in alarmed:
        alerts.told(alarm)
    event = meant(before, event)
    facts.tell(before, event, decision)
    presence.read(parts, parts.channels[before.channel], event, decision.conversation)
    for lane, at in _wakes(before.id, decision.effects):
        parts.wake(lane, at)


def _decide(
    parts: Parts, waiting: Waiting, event: Event, before: Conversation, now: datetime
) -> tuple[Decision, list[Alarm]] | None:
    """What was decided, when it is kept; None if it can't be."""
    channel = parts.channels[before.channel]
    policy, reached = channel.policy, tuple[Cap, ...]()
    while True:
        try:
            decision = decide(before, event, policy)
        except Exception as error:
            _park(parts, before.id, waiting, type(error).__name__, now)
            return None
        step = _Step(waiting, event, before, decision, now, channel, reached)
        if channel.spending is not None:
            wanted = spending.orders(channel.spending, channel.bot, decision, now)
            step = replace(step, wanted=wanted)
        try:
            return decision, parts.db.write(partial(_keep, parts=parts, step=step))
        except UsedUp as over:
            # To be decided again, knowing that; each limit forbids what it stands for, some for a while.
            reached = (*reached, over.cap)
            if over.until is None:
                policy = replace(policy, reached=(*policy.reached, over.cap))
            else:
                policy = replace(policy, next_ticket=over.until)


def _park(
    parts: Parts, conversation: ConversationId, waiting: Waiting, error: str, now: datetime
) -> None:
    """A poison event parks its own conversation and nothing else."""
    kind = type(waiting.event).__name__
    _log.error("event_parked", conversation=conversation, kind=kind, error=error)
    parts.db.write(lambda c: inbox.failed(c, conversation, waiting, now + PARKED))


@dataclass(frozen=True)
class _Step:
    """An event and what it is to lead to."""

    waiting: Waiting
    event: Event
    before: Conversation
    decision: Decision
    now: datetime
    channel: ChannelParts
    reached: tuple[Cap, ...]  # the limits that the decision was told of
    wanted: tuple[spend.Order, ...] = ()  # the model calls that cost something


def _keep(connection: Connection, parts: Parts, step: _Step) -> list[Alarm]:
    """Everything that follows, or UsedUp; the alarms that are new."""
    before, decision, now = step.before, step.decision, step.now
    helpdesk, after = step.channel.helpdesk, decision.conversation
    inbox.handled(connection, before.id, step.waiting, now)
    alarmed = _within_limits(connection, step)
    notices.keep(connection, before, decision, now, tell_handoffs=parts.tell_handoffs)
    if after != before or decision.ended:
        conversations.save(connection, before, after, decision.ended, now)
    for desk in after.desks:
        # Merged into a ticket that this conversation did not know: what changes there concerns it.
        if desk.merged and before.desk_of(desk.ticket) is None:
            source = desk.merged[-1]
            owner = links.owner_of(connection, after.id, source, helpdesk)
            links.merged(connection, owner, source, desk.ticket, after.id)
    conversations.save_considered(connection, after, decision.considered, now)
    for effect in decision.effects:
        _order(connection, before.id, effect, now)
    return alarmed


def _within_limits(connection: Connection, step: _Step) -> list[Alarm]:
    limits = step.channel.spending
    if limits is None:
        return []
    if not step.reached:
        spending.count(connection, limits, step.event, step.decision.conversation, step.now)
    spending.count_ticket(connection, limits, step.decision, step.now)
    spending.hold(connection, limits, step.wanted, step.now, step.reached)
    day = limits.day(step.now)
    met = [notices.cap(step.channel.name, cap, day) for cap in step.reached]
    return [alarm for alarm in met if alarms.add(connection, alarm, step.now)]


def _order(
    connection: Connection, conversation: ConversationId, effect: Effect, now: datetime
) -> None:
    match effect:
        case SetTimer():
            inbox.set_timer(connection, conversation, effect.name, effect.at)
        case StopTimer():
            inbox.stop_timer(connection, conversation, effect.name)
        case Cancel():
            outbox.cancel(connection, conversation, effect.keys, now)
        case call:
            outbox.add(connection, conversation, call, now)


def _wakes(
    conversation: ConversationId, effects: tuple[Effect, ...]
) -> list[tuple[Lane, datetime | None]]:
    lanes: list[tuple[Lane, datetime | None]] = []
    for effect in effects:
        match effect:
            case SetTimer():
                lanes.append((Lane(conversation, INBOX), effect.at))
            case StopTimer() | Cancel():
                continue
            case call:
                lanes.append((Lane(conversation, DIRECTIONS[type(call)].value), None))
    return lanes
