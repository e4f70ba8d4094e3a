"""Settings -> who may ask for /metrics, and the duties that look for trouble and tell of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector import alerts, dashboard
from connector.pipeline.reconcile.ticker import Duty, GoesOn
from connector.settings import Settings
from connector.storage import alarms, spend, tokens
from connector.storage.alarms import Alarm
from connector.storage.engine import Database
from connector.watch import findings, telling
from connector.watch.findings import Bounds
from connector.watch.sentences import Places
from connector.watch.telling import Recipients
from connector.web.metrics import Scraping

LOOK, TELL = "watch:look", "watch:tell"
EVERY, TELL_EVERY = timedelta(seconds=30), timedelta(seconds=10)
# No model call takes as long: what was set aside for one that was cancelled comes back then.
CALL_IS_OVER = timedelta(minutes=5)
KEPT, BUCKET_IS_FULL = timedelta(days=90), timedelta(hours=2)


def scraping(settings: Settings) -> Scraping:
    token = settings.ops.metrics_token
    return Scraping(token.get_secret_value() if token else None)


def tells_handoffs(settings: Settings) -> bool:
    return bool(settings.ops.alerts.handoffs_to)


def duties(
    settings: Settings,
    db: Database,
    now: Callable[[], datetime],
    at_most: timedelta = EVERY,
) -> Sequence[Duty]:
    """Looking is done in any case; telling where somebody is to be told."""
    given, every = settings.ops.alerts, min(at_most, EVERY)
    bounds = Bounds(given.waiting, given.handoff_jump)

    def look(_: GoesOn) -> None:
        look_around(db, bounds, now())

    made = [Duty(LOOK, every, look)]
    recipients = Recipients(
        tuple(url.get_secret_value() for url in given.to),
        tuple(url.get_secret_value() for url in given.handoffs_to),
    )
    if recipients.alarms or recipients.handoffs:
        places = _places(settings)

        def tell(goes_on: GoesOn) -> None:
            telling.tell(db, recipients, places, now, goes_on)

        made.append(Duty(TELL, min(every, TELL_EVERY), tell))
    return made


def look_around(db: Database, bounds: Bounds, now: datetime) -> None:
    """Raise what is new, end what is over, and put away what nobody needs."""
    seen = db.read(lambda c: findings.found(c, bounds, now))

    def keep(connection: Connection) -> list[Alarm]:
        still = [alarm.cause for alarm in seen]
        alarms.over(connection, alarms.LASTING, still, now)
        new = [alarm for alarm in seen if alarms.add(connection, alarm, now)]
        alarms.tidy(connection, now - KEPT)
        return new

    for alarm in db.write(keep):
        alerts.told(alarm)
    # Transactions of their own: whoever moves a day's money does so before all else.
    db.write(lambda c: spend.release(c, now - CALL_IS_OVER))
    db.write(lambda c: tokens.release(c, now - CALL_IS_OVER))
    db.write(lambda c: spend.forget_buckets(c, now - BUCKET_IS_FULL))


def _places(settings: Settings) -> Places:
    shown = dashboard.of(settings)
    return Places(f"{settings.public_url}/ops/", dict(shown.ticket_urls))
