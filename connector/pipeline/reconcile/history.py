"""All linked tickets, solved ones too: what happened to them while nobody listened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connector import log
from connector.errors import Rejected
from connector.helpdesks.base import History, TellsHistory
from connector.pipeline import receive
from connector.pipeline.parts import Parts
from connector.pipeline.reconcile.ticker import GoesOn, Off
from connector.storage import cursors, links

CALLS = 5  # a turn; Zendesk allows ten a minute, and others may ask too

_log = log.get(__name__)


def catch_up(parts: Parts, helpdesk: str, desk: TellsHistory, goes_on: GoesOn) -> None:
    """Tell each conversation whose ticket has an event since the last turn. Raise Off."""
    name = f"history:{helpdesk}"
    since = _since(parts, name)
    for _ in range(CALLS):
        if not goes_on():
            return
        try:
            page = desk.history(since)
        except Rejected as refused:
            raise Off(refused.meaning) from None
        new = _tell(parts, helpdesk, page)
        since = _moved(parts, name, max(since, page.until))
        if new:
            _log.info("history_read", helpdesk=helpdesk, changed=len(page.changed), new=new)
        if not page.more:
            return


def _tell(parts: Parts, helpdesk: str, page: History) -> int:
    # The whole account's tickets are listed; most are nobody's here.
    ours = parts.db.read(lambda c: links.linked(c, helpdesk, list(page.changed)))
    news = {t: f"event:{t}:{last}" for t, last in page.changed.items() if t in ours}
    return receive.tickets_changed(parts, helpdesk, news)


def _since(parts: Parts, name: str) -> datetime:
    """Where the last turn ended; the first one begins a minute ago."""
    stored = parts.db.read(lambda c: cursors.get(c, name))
    if stored is not None:
        return datetime.fromtimestamp(int(stored), UTC)
    return _moved(parts, name, parts.now() - timedelta(minutes=1))


def _moved(parts: Parts, name: str, to: datetime) -> datetime:
    parts.db.write(lambda c: cursors.put(c, name, str(int(to.timestamp())), parts.now()))
    return to
