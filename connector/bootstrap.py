"""The only place where the concrete parts meet: settings in, a running connector out.

`fleet` is imported where it is needed: Postgres' driver and Procrastinate take 12 MB. So is the bot:
its SDK is half of the time to start, and most commands (`migrate`, `report`, `buried`, ...) have none.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask

from connector import (
    __version__,
    adapters,
    alone,
    dashboard,
    desks,
    knowledge,
    limits,
    log,
    mirroring,
    phrases,
    policies,
    sites,
    tracing,
)
from connector.bots.config import ClaudeConfig
from connector.clock import WatchedClock
from connector.domain.handoff.phrases import Phrases
from connector.domain.lanes import Lane
from connector.pipeline.parts import SETTLE_AFTER, ChannelParts, Parts
from connector.pipeline.reconcile import retention
from connector.pipeline.reconcile.duties import EVERY, duties
from connector.pipeline.reconcile.ticker import Duty, Ticker
from connector.pipeline.steps import step
from connector.runners.base import Role, Runner
from connector.runners.local import LocalRunner
from connector.settings import Settings, load
from connector.settings.bots import ClaudeBot
from connector.simulation import Simulation
from connector.sites import Account
from connector.storage import lanes, lock, schema
from connector.storage.engine import Database, connect
from connector.storage.shift import shift
from connector.watch import duties as watching
from connector.web import health
from connector.web.app import Web, create_app

if TYPE_CHECKING:
    from connector.bots.claude import Claude

TICKER_SECONDS = 2.0  # for a call that a duty has under way; it is no loss
SHIPPED = Path(__file__).parent.parent / "config"
_log = log.get(__name__)


@dataclass
class Connector:
    """Everything that runs; `start`, and in the end `close`."""

    settings: Settings
    db: Database
    parts: Parts
    runner: Runner
    web: Web
    app: Flask
    lock: lock.Lock
    ticker: Ticker | None  # None: another process of the fleet does periodic work

    def start(self) -> None:
        if (traces := self.settings.ops.traces) is not None:
            tracing.set_up(traces.endpoint, __version__)
        self.runner.start()
        if self.ticker is not None:
            self.ticker.start()

    def close(self, seconds: float) -> bool:
        """Let the lanes finish for so long; whether they did. What did not is in the database."""
        if self.ticker is not None:
            self.ticker.stop(min(seconds, TICKER_SECONDS))
        drained = self.runner.stop(seconds)
        self.parts.aside.close()
        for channel in self.parts.channels.values():
            channel.bot.close()
        tracing.close()
        self.db.close()
        self.lock.release()
        return drained


def now() -> datetime:
    return datetime.now(UTC)


def build(
    settings: Settings,
    clock: Callable[[], datetime] | None = None,
    settle_after: timedelta = SETTLE_AFTER,
    reconcile_every: timedelta = EVERY,
    role: Role = "web",
) -> Connector:
    """Raise StartError, DatabaseInUse or SchemaMismatch, each with one sentence for a person.

    The role counts where there are many processes: alone, one is both.
    """
    many = settings.runner == "procrastinate"
    if many:
        from connector import fleet

        db, held = fleet.database(settings.database, role)
    else:
        db, held = alone.database(settings.database)
    # The machines of a fleet do not move each other's plans: they need NTP.
    watched = now if many else WatchedClock(lambda by: db.write(lambda c: shift(c, by)))
    try:
        return _build(settings, clock or watched, settle_after, reconcile_every, role, db, held)
    except BaseException:
        db.close()
        held.release()
        raise


def _build(
    settings: Settings,
    clock: Callable[[], datetime],
    settle_after: timedelta,
    reconcile_every: timedelta,
    role: Role,
    db: Database,
    held: lock.Lock,
) -> Connector:
    runner: Runner
    many = settings.runner == "procrastinate"
    # Who only takes webhooks in decides nothing and needs no word lists.
    lists = Phrases() if many and role != "worker" else phrases.of(settings)

    def wake(lane: Lane, at: datetime | None = None) -> None:
        runner.wake(lane, at)

    parts = Parts(
        db=db,
        channels=_channels(settings, lists, clock),
        helpdesks={n: desks.made(n, d, db, clock) for n, d in settings.helpdesks.items()},
        now=clock,
        wake=wake,
        settle_after=settle_after,
        tell_handoffs=watching.tells_handoffs(settings),
    )
    todo, ready = partial(step, parts), partial(alone.readiness, db)
    ticker: Ticker | None = Ticker(db, _periodic(settings, parts, reconcile_every), clock)
    holds_back: Callable[[], None] | None = None
    if many:
        from connector import fleet

        runner = fleet.runner(role, db, settings.database, todo, clock)
        ready = partial(fleet.readiness, db, runner)
        ticker = ticker if role == "worker" else None
        # The others do not start before the schema is right.
        holds_back = partial(fleet.check, db) if role == "wsgi" else None
    else:
        runner = LocalRunner(todo, lanes.looking(db, clock), clock)
    links, ops = mirroring.links(settings), dashboard.of(settings)
    web = Web(parts, settings.public_url, ready, links, ops, watching.scraping(settings))
    app = create_app(web)
    if holds_back is not None:
        health.hold_back(app, holds_back)
    return Connector(settings, db, parts, runner, web, app, held, ticker)


def _periodic(settings: Settings, parts: Parts, every: timedelta) -> list[Duty]:
    polled = {name: given.poll_every for name, given in settings.helpdesks.items()}
    return [
        *duties(parts, polled, every),
        *watching.duties(settings, parts.db, parts.now, every),
        retention.duty(parts, timedelta(days=settings.ops.retention_days)),
    ]


def migrate(settings: Settings) -> str:
    """Bring the schema up to date and return its version."""
    if settings.runner == "procrastinate":
        from connector import fleet

        return fleet.migrate(settings.database)
    db, held = alone.database(settings.database)
    db.close()
    held.release()
    return schema.ours()


def opened(settings: Settings) -> Database:
    """The database beside a connector that may be running. Raise SchemaMismatch unless it is ours."""
    lock.make_folder(settings.database)
    db = connect(settings.database)
    try:
        schema.require(db.read(schema.current))
    except BaseException:
        db.close()
        raise
    return db


def rehearsal(settings: Settings, channel: str) -> Simulation:
    """A channel's bot and triggers, with nothing behind them."""
    given = settings.channels[channel]
    made = policies.policy(channel, given, phrases.of(settings), 1600, "")
    return Simulation(made, bot(given.bot, settings.bots[given.bot]), now)


def accounts(settings: Settings) -> list[Account]:
    """Each provider's account for `setup` and `doctor`, with nothing behind it."""
    kept = opened(settings) if desks.keep_sign_ins(settings.helpdesks.values()) else None
    helpdesks = {n: desks.made(n, d, kept, now) for n, d in settings.helpdesks.items()}
    url = settings.public_url
    channels = {n: adapters.channel(n, c, url, now) for n, c in settings.channels.items()}
    bots = {n: bot(n, given) for n, given in settings.bots.items()}
    return sites.accounts(settings, helpdesks, channels, bots)


def wsgi() -> Flask:
    """For a WSGI server: one process with the runner in it, or one of many that takes webhooks in."""
    log.set_up()
    config = os.environ.get("CONNECTOR_CONFIG", "config/channels.yaml")
    connector = build(load(Path(config)), role="wsgi")
    connector.start()
    return connector.app


def _channels(
    settings: Settings, lists: Phrases, clock: Callable[[], datetime]
) -> dict[str, ChannelParts]:
    links = mirroring.links(settings)
    bots = {name: bot(name, given) for name, given in settings.bots.items()}
    made = {}
    for name, given in settings.channels.items():
        adapter = adapters.channel(name, given, settings.public_url, clock)
        desk = settings.helpdesks[given.helpdesk]
        policy = policies.policy(
            name, given, lists, adapter.capabilities.max_text, desk.mirror.author,
            policies.steering(desk),
        )  # fmt: skip
        policy = mirroring.with_files(policy, adapter, links, settings, given.helpdesk)
        made[name] = ChannelParts(
            name=name,
            adapter=adapter,
            policy=dashboard.with_page(policy, settings),
            bot=bots[given.bot],
            helpdesk=given.helpdesk,
            resend_unproven=given.on_unknown == "at_least_once",
            bot_name=given.bot,
            spending=limits.spending(settings, name),
        )
    return made


def bot(name: str, given: ClaudeBot) -> Claude:
    from connector.bots.claude import Claude

    return Claude(
        ClaudeConfig(
            name=name,
            model=given.model,
            api_key=given.api_key.get_secret_value(),
            base_url=given.base_url,
            instructions=given.instructions.read_text(encoding="utf-8"),
            knowledge=knowledge.read(given.knowledge, given.articles),
        )
    )
