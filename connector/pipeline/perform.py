"""An outgoing lane: write the attempt down, call the provider with no transaction open, record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from sqlalchemy import Connection

from connector import alerts, log, meters, tracing
from connector.domain.caps import USD_PER_DAY
from connector.domain.decide.decision import BURIED
from connector.domain.effects import (
    AddComment,
    AskBot,
    Direction,
    OpenTicket,
    Redact,
    SendText,
    Summarise,
)
from connector.domain.events import CommentAdded, DeliveryUnknown, Event, TicketOpened
from connector.domain.ids import ConversationId
from connector.domain.lanes import INBOX, Lane
from connector.errors import ProviderError, Rejected, Uncertain
from connector.pipeline import batch, calls, circuit, files, gate, presence, retry, spending
from connector.pipeline.parts import ChannelParts, Parts
from connector.storage import conversations, inbox, links, outbox, tallies, upstreams
from connector.storage.inbox import Arrival
from connector.storage.outbox import Row, State

_log = log.get(__name__)


def perform(parts: Parts, conversation: ConversationId, direction: Direction) -> datetime | None:
    """Carry out the call whose turn it is; when there will be more to do, or None.

    One a step: then other lanes get their turn.
    """
    row, more, channel = parts.db.read(lambda c: _first(parts, c, conversation, direction))
    if row is None:
        return None
    if row.due_at > parts.now():
        return row.due_at
    if channel is None:
        raise LookupError(f"conversation {conversation}: its channel, or the helpdesk that has its "
                          "ticket, is not configured")  # fmt: skip
    over = _settle(parts, channel, row) if row.in_doubt else _try(parts, channel, row)
    # What is ordered from now on wakes the lane again.
    return None if over and not more else parts.now()


def _first(
    parts: Parts, connection: Connection, conversation: ConversationId, direction: Direction
) -> tuple[Row | None, bool, ChannelParts | None]:
    """The call, whether there are more, and its channel with the helpdesk that has its ticket."""
    row, more = outbox.first(connection, conversation, direction)
    channel = parts.channels.get(row.channel) if row else None
    if row is None or channel is None:
        return row, more, None
    if isinstance(row.call, Redact):
        known = row.call.helpdesk in parts.helpdesks
        return row, more, replace(channel, helpdesk=row.call.helpdesk) if known else None
    ticket = calls.ticket_of(row.call)
    if ticket is not None:
        owner = links.owner_of(connection, conversation, ticket, channel.helpdesk)
        if isinstance(row.call, OpenTicket) and owner != channel.helpdesk:
            row = replace(row, call=calls.without_the_one_before(row.call))
        elif owner in parts.helpdesks:
            channel = replace(channel, helpdesk=owner)
        else:
            channel = None
    return row, more, channel


def _try(parts: Parts, channel: ChannelParts, row: Row) -> bool:
    """Whether the call is over, so that the next one's turn has come."""
    now = parts.now()
    match gate.enter(parts, channel, row, now):
        case gate.Held(until):
            return _wait(parts, channel, row, until)
        case gate.Cancelled():
            return False  # look again
        case gate.Begun(rows, known):
            return _call(parts, channel, rows, known)
        case unknown:
            assert_never(unknown)


def _wait(parts: Parts, channel: ChannelParts, row: Row, until: datetime) -> bool:
    if isinstance(row.call, AskBot | Summarise):
        # A customer waits for it: a person answers sooner than a model that is out.
        return _give_up(parts, channel, row, State.REFUSED, "circuit_open", "the model is out")
    _log.info("call_held", conversation=row.conversation, call=type(row.call).__name__,
              key=row.call.key, until=until.isoformat())  # fmt: skip
    return False


def _call(
    parts: Parts, channel: ChannelParts, rows: tuple[Row, ...], known: upstreams.Circuit
) -> bool:
    try:
        rows = files.bring(parts, channel, rows)
        upstream = calls.upstream(channel, rows[0].call)
        with _watched(upstream, rows[0]), presence.writing(parts, channel, rows[0]):
            event = calls.carry_out(parts, channel, batch.joined(rows))
    except files.NotFetched as failure:
        return all([_failed(parts, channel, row, failure.error) for row in rows])
    except ProviderError as error:
        _count(parts, channel, rows[0], error, known)
        return all([_failed(parts, channel, row, error) for row in rows])
    gate.answered(parts, channel, rows[0], known)
    done = [Over(row, State.DONE, batch.share(event, row)) for row in rows]
    return _finish(parts, channel, done)


@contextmanager
def _watched(upstream: str, row: Row) -> Iterator[None]:
    """How long it takes, for /metrics and for traces."""
    op = meters.operation(type(row.call).__name__)
    told = {"op": op, "upstream": upstream, "attempt": str(row.attempts)}
    with tracing.span("perform", row.conversation, **told), meters.upstream(upstream, row.call):
        yield


def _count(
    parts: Parts, channel: ChannelParts, row: Row, error: ProviderError, known: upstreams.Circuit
) -> None:
    if circuit.is_outage(error):
        gate.failed(parts, channel, row, parts.now())
    else:
        gate.answered(parts, channel, row, known)


def _failed(parts: Parts, channel: ChannelParts, row: Row, error: ProviderError) -> bool:
    now = parts.now()
    if isinstance(error, Rejected):
        return _give_up(parts, channel, row, State.REFUSED, error.code, error.meaning, error)
    if isinstance(error, Uncertain):
        return _postpone(parts, row, State.UNCERTAIN, now + parts.settle_after, error)
    match retry.after(error, row.call, row.attempts, row.created_at, now):
        case retry.Again(at):
            if not _pays_again(parts, channel, row, error):
                spent = "the day's money is used up"
                return _give_up(parts, channel, row, State.REFUSED, USD_PER_DAY, spent)
            return _postpone(parts, row, State.DUE, at, error)
        case retry.GiveUp(reason):
            # A person takes over from the bot, a ticket does without a summary: nothing to dig up.
            followed = isinstance(row.call, AskBot | Summarise)
            state = State.REFUSED if followed else State.BURIED
            code = error.code if followed else BURIED
            return _give_up(parts, channel, row, state, code, reason, error)


def _pays_again(parts: Parts, channel: ChannelParts, row: Row, error: ProviderError) -> bool:
    """A try of the model may have cost something; whether the next one would still be paid for."""
    limits = channel.spending
    if limits is None or not isinstance(row.call, AskBot | Summarise):
        return True
    return parts.db.write(
        lambda c: spending.settle(c, limits, channel.bot, row.call, error, again=True)
    )


def _settle(parts: Parts, channel: ChannelParts, row: Row) -> bool:
    """It may have happened: find out before anything is repeated. Whether the call is over."""
    now = parts.now()
    ready = (row.tried_at or now) + parts.settle_after
    if isinstance(row.call, AddComment | SendText) and now < ready:
        return _postpone(parts, row, State.UNCERTAIN, ready, Uncertain("interrupted"))
    if until := gate.left_alone(parts, channel, row, now):
        return _postpone(parts, row, State.UNCERTAIN, until, Uncertain("left alone for now"))
    try:
        known = parts.db.read(lambda c: conversations.known_externals(c, row.conversation))
        event = calls.look_up(parts, channel, row, known)
    except Rejected as error:
        # What can't even be asked for any more: it goes no further.
        return _give_up(parts, channel, row, State.REFUSED, error.code, error.meaning)
    except ProviderError as error:
        if circuit.is_outage(error):
            gate.failed(parts, channel, row, now)
        wait = retry.after(error, row.call, row.attempts, row.created_at, now)
        at = wait.at if isinstance(wait, retry.Again) else now + retry.LONGEST_WAIT
        return _postpone(parts, row, State.UNCERTAIN, at, error)
    except calls.CannotTell:
        if not channel.resend_unproven:
            return _unknown(parts, channel, row)
        event = None
    if event is not None:
        return _finish(parts, channel, [Over(row, State.DONE, event)])
    # Proven absent, or the operator would rather send twice than not at all.
    return _postpone(parts, row, State.DUE, now, Uncertain("not taken: again"))


def _unknown(parts: Parts, channel: ChannelParts, row: Row) -> bool:
    assert isinstance(row.call, SendText)  # noqa: S101 - only a channel can't be asked
    reason = "the provider's answer was lost, and it can't be asked"
    event = DeliveryUnknown(parts.now(), row.call.message, reason)
    return _finish(parts, channel, [Over(row, State.UNKNOWN, event)])


def _give_up(
    parts: Parts, channel: ChannelParts, row: Row, state: State, code: str, meaning: str,
    failure: ProviderError | None = None,
) -> bool:  # fmt: skip
    event = calls.refused(parts, row.call, code, meaning, row.attempts)
    level = _log.error if state is State.BURIED else _log.warning
    level("call_" + state.value, conversation=row.conversation, call=type(row.call).__name__,
          key=row.call.key, code=code, attempts=row.attempts)  # fmt: skip
    if isinstance(row.call, OpenTicket):
        alerts.alert(parts.db, parts.now(), "ticket_refused", channel.helpdesk,
                     conversation=row.conversation, code=code)  # fmt: skip
    return _finish(parts, channel, [Over(row, state, event, _reason(code, meaning), failure)])


def _reason(code: str, meaning: str) -> str:
    return f"{meaning} ({code})" if code and code not in (meaning, BURIED) else meaning


def _postpone(parts: Parts, row: Row, state: State, at: datetime, error: ProviderError) -> bool:
    """Not over yet."""
    now = parts.now()
    parts.db.write(lambda c: outbox.postpone(c, row, state, at, now, error.reason))
    _log.warning("attempt_failed", conversation=row.conversation, call=type(row.call).__name__,
                 key=row.call.key, error=type(error).__name__, provider=error.provider,
                 status=error.status, code=error.code, attempt=row.attempts, then=state.value,
                 retry_at=at.isoformat())  # fmt: skip
    return False


@dataclass(frozen=True)
class Over:
    """How a call ended, and what follows from it."""

    row: Row
    state: State
    event: Event
    error: str = ""
    failure: ProviderError | None = None  # what its last try came to


def _finish(parts: Parts, channel: ChannelParts, ended: Sequence[Over]) -> bool:
    """Over: results and outcome events in one transaction: neither is ever there without the other."""
    now = parts.now()

    def keep(connection: Connection) -> None:
        for over in ended:
            row = over.row
            if channel.spending is not None:
                spending.settle(connection, channel.spending, channel.bot, row.call,
                                over.failure or over.event)  # fmt: skip
            if outbox.finish(connection, row, over.state, now, over.error):
                if over.state is State.UNKNOWN:
                    tallies.add(connection, tallies.UNKNOWN, row.channel)
                arrival = Arrival("outbox", str(row.id), row.conversation, over.event)
                inbox.add(connection, [arrival], now)
                _link(connection, channel, row, over.event)

    parts.db.write(keep)
    parts.wake(Lane(ended[0].row.conversation, INBOX))
    return True


def _link(connection: Connection, channel: ChannelParts, row: Row, event: Event) -> None:
    ours = row.conversation
    if isinstance(event, TicketOpened):
        links.link(connection, "ticket", channel.helpdesk, event.ticket, ours, event.episode)
    elif isinstance(event, CommentAdded):
        links.link(connection, "comment", channel.helpdesk, event.comment, ours, event.key)
