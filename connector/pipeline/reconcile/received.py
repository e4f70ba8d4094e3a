"""What customers wrote while we were not there to take it: some providers never send it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector import log
from connector.channels.base import Inbound, ListsReceived, Received
from connector.errors import ProviderError, WebhookError
from connector.pipeline import receive
from connector.pipeline.parts import Parts
from connector.pipeline.reconcile.ticker import GoesOn
from connector.storage import cursors, missed

# A message that has only just come is on its way by webhook: taking it from the list as well would
# be harmless, but could put it before one that was written earlier.
HEAD_START = timedelta(seconds=10)
OVERLAP = timedelta(minutes=5)  # a list may lag behind, and clocks differ
AT_ONCE = 100
WITHOUT_FILES = timedelta(hours=1)  # then a customer's words go on alone, and those behind them

_log = log.get(__name__)


@dataclass(frozen=True)
class Mark:
    began: datetime  # when this channel was first run on this database: before that is not ours
    until: datetime  # up to where everything has been taken

    def dump(self) -> str:
        return json.dumps({"began": self.began.isoformat(), "until": self.until.isoformat()})

    @classmethod
    def load(cls, text: str) -> Mark:
        told = json.loads(text)
        return cls(datetime.fromisoformat(told["began"]), datetime.fromisoformat(told["until"]))

    @property
    def since(self) -> datetime:
        return max(self.began, self.until - OVERLAP)


def catch_up(
    parts: Parts, channel: str, adapter: ListsReceived, goes_on: GoesOn
) -> datetime | None:
    """Store what is missing, oldest first; when to look again, if something is still too young."""
    name, now = f"received:{channel}", parts.now()
    stored = parts.db.read(lambda c: cursors.get(c, name))
    # Providers date messages to the second: one of this second was written after we began, maybe.
    mark = Mark.load(stored) if stored else Mark(now.replace(microsecond=0), now)
    if stored is None:
        _keep(parts, name, mark)
        return None
    missing = _missing(parts, channel, adapter.received(mark.since))
    ready = [r for r in missing if r.at <= now - HEAD_START]
    for first in range(0, len(ready), AT_ONCE):
        if not goes_on():
            return None
        _take(parts, channel, ready[first : first + AT_ONCE])
    _keep(parts, name, Mark(mark.began, max(mark.until, now - HEAD_START)))
    young = missing[len(ready) :]
    return young[0].at + HEAD_START + timedelta(seconds=1) if young else None


def _keep(parts: Parts, name: str, mark: Mark) -> None:
    parts.db.write(lambda c: cursors.put(c, name, mark.dump(), parts.now()))


def _missing(parts: Parts, channel: str, listed: Sequence[Received]) -> list[Received]:
    ids = [r.id for r in listed]
    known = parts.db.read(lambda c: missed.known(c, f"channel:{channel}", ids))
    return [r for r in listed if r.id not in known]


def _take(parts: Parts, channel: str, some: Sequence[Received]) -> None:
    """Store them in order; where the provider fails in between, those before it."""
    patience_ends = parts.now() - WITHOUT_FILES
    events: list[Inbound] = []
    failure: ProviderError | None = None
    for each in some:
        try:
            events.append(each.read())
        except WebhookError as error:
            _log.error("received_unreadable", channel=channel, external=each.id, error=str(error))
        except ProviderError as error:
            if each.at > patience_ends:
                failure = error
                break
            _log.error("received_without_files", channel=channel, external=each.id)
            events.append(each.words())
    new = receive.from_channel(parts, channel, events)
    if new:
        _log.warning("webhooks_missed", channel=channel, count=new)
    if failure is not None:
        raise failure
