"""Tells people, by way of Apprise; each address once an alarm, and again only if it did not work."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector import log
from connector.pipeline.notices import HANDOFF
from connector.storage import alarms
from connector.storage.alarms import Kept
from connector.storage.engine import Database
from connector.watch.sentences import Places, Telling, told

MOST = 20  # a turn: then the others of the process get theirs
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
GIVE_UP = timedelta(days=2)  # nobody wants to be woken by what was
_log = log.get(__name__)

Send = Callable[[str, Telling], bool]


def by_apprise(address: str, telling: Telling) -> bool:
    """Whether the service took it. Loaded when there is something to tell: it is large."""
    import apprise

    # Its lines name addresses, and these are secrets.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    service = apprise.Apprise()
    if not service.add(address):
        return False
    return bool(service.notify(title=telling.title, body=telling.text))


@dataclass(frozen=True)
class Recipients:
    alarms: Sequence[str] = field(default=(), repr=False)
    handoffs: Sequence[str] = field(default=(), repr=False)

    def of(self, kind: str) -> Sequence[str]:
        return self.handoffs if kind == HANDOFF else self.alarms


def tell(
    db: Database, recipients: Recipients, places: Places, now: Callable[[], datetime],
    goes_on: Callable[[], bool], send: Send = by_apprise,
) -> None:  # fmt: skip
    """Everybody who does not have it yet. What fails is tried again, later and later."""
    for kept in db.read(lambda c: alarms.to_tell(c, now(), MOST)):
        if not goes_on():
            return
        have = set(kept.told)
        stale = now() - kept.raised_at > GIVE_UP
        wanted = () if stale else recipients.of(kept.alarm.kind)
        for place, address in enumerate(wanted, 1):
            if digest(address) not in have and _sent(kept, place, address, places, send):
                have.add(digest(address))
        done = all(digest(address) in have for address in wanted)
        again = None if done else _again(kept, now())
        db.write(lambda c, k=kept, h=frozenset(have), a=again: alarms.told(c, k, h, a))  # type: ignore[misc]


def _sent(kept: Kept, place: int, address: str, places: Places, send: Send) -> bool:
    try:
        taken, why = send(address, told(kept.alarm, places)), "refused"
    except Exception as error:  # a service's plugin may do anything; its text may hold the address
        taken, why = False, type(error).__name__
    if taken:
        _log.info("people_told", kind=kept.alarm.kind, owner=kept.alarm.owner, recipient=place)
    else:
        _log.warning("telling_failed", kind=kept.alarm.kind, owner=kept.alarm.owner,
                     recipient=place, error=why, tries=kept.tries + 1)  # fmt: skip
    return taken


def _again(kept: Kept, now: datetime) -> datetime:
    wait: timedelta = min(FIRST_WAIT * 2 ** min(kept.tries, 12), LONGEST_WAIT)
    return now + wait


def digest(address: str) -> str:
    """What stands in the database for an address."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]
