"""Once a day: what is older than `ops.retention_days` loses its texts, a small piece at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector import log
from connector.domain.ids import ConversationId
from connector.pipeline.parts import Parts
from connector.pipeline.reconcile.ticker import Duty, GoesOn
from connector.storage import forgetting, retention
from connector.storage.forgetting import TicketUnderWay

NAME, EVERY = "retention", timedelta(days=1)
LONGEST_REST = 0.5  # seconds
_log = log.get(__name__)


def duty(parts: Parts, keep: timedelta) -> Duty:
    """For the whole fleet; it goes on where it was cut off."""
    return Duty(NAME, EVERY, lambda goes_on: empty(parts, keep, goes_on))


def empty(parts: Parts, keep: timedelta, goes_on: GoesOn) -> datetime | None:
    before = parts.now() - keep
    forgotten = emptied = 0
    for ours in retention.quiet(parts.db, before):
        if not goes_on():
            return None
        with _gently():
            forgotten += _forget(parts, ours)
    for ours, number in retention.full(parts.db, before):
        if not goes_on():
            return None
        with _gently():
            _empty(parts, ours, number)
        emptied += 1
    oldest = min(before, parts.now() - retention.DEDUPE)
    dropped = retention.drop_handled(parts.db, oldest, goes_on)
    _log.info("retention", conversations=forgotten, episodes=emptied, events=dropped)
    return None


@contextmanager
def _gently() -> Iterator[None]:
    """Then nothing for as long as it took: it is in no hurry, and customers are."""
    began = time.monotonic()
    yield
    time.sleep(min(time.monotonic() - began, LONGEST_REST))


def _empty(parts: Parts, ours: ConversationId, number: int) -> None:
    retention.empty_messages(parts.db, ours, number)
    now = parts.now()
    parts.db.write(lambda c: retention.empty_rest(c, ours, number, now))


def _forget(parts: Parts, ours: ConversationId) -> bool:
    """Its messages a piece at a time, then all the rest at once; whether it was."""
    if not parts.db.read(lambda c: retention.rests(c, ours)):
        return False
    for number in parts.db.read(lambda c: forgetting.numbers(c, ours)):
        retention.empty_messages(parts.db, ours, number)

    def rest(connection: Connection) -> bool:
        # Something may have happened since.
        if not retention.rests(connection, ours):
            return False
        return forgetting.forget(connection, ours, parts.now()) is not None

    try:
        return parts.db.write(rest)
    except TicketUnderWay:
        return False
