"""Before a call: is its upstream to be left alone, is there room under its limits, what goes with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zlib import crc32

from sqlalchemy import Connection

from connector import log
from connector.domain.effects import AddComment, AskBot, ReadTicket, Summarise
from connector.domain.limits import Limit
from connector.pipeline import batch, calls, circuit
from connector.pipeline.parts import ChannelParts, Parts
from connector.storage import outbox, upstreams
from connector.storage.outbox import Row, State
from connector.storage.upstreams import CLOSED, Circuit

# With less room than this under a limit, comments that wait go together.
LITTLE_ROOM = 5

_log = log.get(__name__)


@dataclass(frozen=True)
class Begun:
    """These rows are being tried, in one call; all that is known of the upstream before it."""

    rows: tuple[Row, ...]
    circuit: Circuit


@dataclass(frozen=True)
class Held:
    """Not now."""

    until: datetime


@dataclass(frozen=True)
class Cancelled:
    """Nothing to do any more."""


Entry = Begun | Held | Cancelled


def enter(parts: Parts, channel: ChannelParts, row: Row, now: datetime) -> Entry:
    """Write down that the call is being made, unless it has to wait."""
    upstream = calls.upstream(channel, row.call)
    # What changes nothing at the provider may be done again after a crash: no need to write it down.
    if isinstance(row.call, AskBot | Summarise | ReadTicket):
        known = parts.db.read(lambda c: upstreams.circuit(c, upstream))
        if known.open_until is None:
            return Begun((_tried(row, now),), known)
    limits = calls.limits(parts, channel, row.call)
    return parts.db.write(lambda c: _enter(c, row, upstream, limits, now))


def _enter(
    connection: Connection, row: Row, upstream: str, limits: tuple[Limit, ...], now: datetime
) -> Entry:
    known = upstreams.circuit(connection, upstream)
    if known.open_until is not None and known.open_until > now:
        return _hold(connection, row, known.open_until)
    turn = upstreams.take(connection, limits, now)
    if turn.wait_until is not None:
        return _hold(connection, row, turn.wait_until)
    if known.open_until is not None:
        later = now + circuit.PROBING
        if not upstreams.probe(connection, upstream, known, later):
            return _hold(connection, row, later)
    rows: tuple[Row, ...] = (row,)
    scarce = turn.room is not None and turn.room < LITTLE_ROOM
    if isinstance(row.call, AddComment) and (row.attempts or scarce):
        rows += batch.companions(row, outbox.behind(connection, row, batch.MOST))
    begun = tuple(_tried(each, now) for each in rows if outbox.begin(connection, each, now))
    return Begun(begun, known) if begun and begun[0].id == row.id else Cancelled()


def _hold(connection: Connection, row: Row, until: datetime) -> Held:
    # Spread over a second: else all lanes of an upstream come back at the same instant.
    later = until + timedelta(milliseconds=crc32(row.call.key.encode()) % 1000)
    outbox.hold(connection, row, later)
    return Held(later)


def _tried(row: Row, now: datetime) -> Row:
    return replace(row, state=State.TRYING, attempts=row.attempts + 1, tried_at=now)


def left_alone(parts: Parts, channel: ChannelParts, row: Row, now: datetime) -> datetime | None:
    """Until when this row's upstream is not to be asked anything, if it is not."""
    upstream = calls.upstream(channel, row.call)
    until = parts.db.read(lambda c: upstreams.circuit(c, upstream)).open_until
    return until if until is not None and until > now else None


def failed(parts: Parts, channel: ChannelParts, row: Row, now: datetime) -> None:
    """The upstream did not answer: after some such calls in a row it is left alone for a while."""
    upstream = calls.upstream(channel, row.call)

    def count(connection: Connection) -> tuple[int, timedelta | None]:
        failures = upstreams.failed(connection, upstream)
        pause = circuit.pause(failures)
        if pause is not None:
            upstreams.leave_alone(connection, upstream, now + pause)
        return failures, pause

    failures, pause = parts.db.write(count)
    if pause is not None:
        _log.warning("circuit_open", upstream=upstream, failures=failures,
                     until=(now + pause).isoformat())  # fmt: skip


def answered(parts: Parts, channel: ChannelParts, row: Row, known: Circuit) -> None:
    """The upstream answered, with a yes or a no."""
    if known == CLOSED:
        return
    upstream = calls.upstream(channel, row.call)
    parts.db.write(lambda c: upstreams.close(c, upstream))
    if known.open_until is not None:
        _log.info("circuit_closed", upstream=upstream, failures=known.failures)
