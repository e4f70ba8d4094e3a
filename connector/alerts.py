"""What an operator has to look at: a line in the log at error level, a count in /metrics, and, once
a day and cause, a word to the people named in `ops.alerts`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from connector import log
from connector.storage import alarms, tallies
from connector.storage.alarms import Alarm
from connector.storage.engine import Database

_log = log.get(__name__)


def alert(db: Database, now: datetime, kind: str, owner: str, **ids: str) -> None:
    """`owner` is the channel's or helpdesk's name; `ids` never hold a text, a number or a token."""
    alarm = Alarm(f"{kind}:{owner}:{now.date().isoformat()}", kind, owner, ids)

    def keep(connection: Connection) -> None:
        if not alarms.add(connection, alarm, now):
            tallies.add(connection, tallies.ALERTS, kind, owner)

    db.write(keep)
    told(alarm)


def told(alarm: Alarm) -> None:
    """The line in the log."""
    known = dict(alarm.facts)
    if alarm.conversation is not None:
        known["conversation"] = alarm.conversation
    _log.error("alert", kind=alarm.kind, owner=alarm.owner, **known)
