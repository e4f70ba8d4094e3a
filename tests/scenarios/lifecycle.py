"""A world whose channel is set up as a scenario needs it, with a clock that can be put forward."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connector import bootstrap
from connector.bootstrap import Connector
from connector.sandbox.stage import CHANNEL, Stage
from connector.settings import Settings, load
from connector.storage.tables import episodes
from tests.scenarios.world import PLEA, World, free_port, serving

CONFIG = """
public_url: ${SANDBOX_PUBLIC_URL}
database: ${SANDBOX_DATABASE}
helpdesks:
  main:
    kind: zendesk
    subdomain: northwind
    oauth: {client_id: connector, client_secret: "${SANDBOX_ZENDESK_SECRET}"}
    webhook_secrets: ["${SANDBOX_ZENDESK_WEBHOOK_SECRET}"]
    base_url: ${SANDBOX_ZENDESK_URL}
bots:
  support:
    kind: claude
    api_key: ${SANDBOX_ANTHROPIC_KEY}
    instructions: PROMPTS/support.md
    knowledge: KNOWLEDGE
    base_url: ${SANDBOX_ANTHROPIC_URL}
channels:
"""
CHANNEL_TEXT = """
  NAME:
    kind: twilio
    account_sid: ${SANDBOX_TWILIO_SID}
    auth_tokens: ["${SANDBOX_TWILIO_TOKEN}"]
    number: "NUMBER"
    base_url: ${SANDBOX_TWILIO_URL}
    bot: support
    helpdesk: main
    quiet_period: 200ms
"""
SHIPPED = Path(__file__).parents[2] / "config"


def written(folder: Path, channels: Mapping[str, str], more: str) -> Path:
    """A configuration file with these channels (name: number), each with the same further lines."""
    text = CONFIG.replace("PROMPTS", str(SHIPPED / "prompts"))
    text = text.replace("KNOWLEDGE", str(SHIPPED / "knowledge"))
    for name, number in channels.items():
        text += CHANNEL_TEXT.replace("NAME", name).replace("NUMBER", number)
        text += "".join(f"    {line}\n" for line in more.splitlines())
    file = folder / "channels.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@dataclass
class Clock:
    """Runs on like any from where it was set."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def set(self, to: datetime) -> None:
        self.ahead = to - datetime.now(UTC)


@dataclass
class Life(World):
    clock: Clock
    connector: Connector
    settings: Settings

    def passes(self, **by: float) -> None:
        """Time goes by, and what falls due meanwhile is done."""
        self.rests()
        self.clock.ahead += timedelta(**by)
        self.connector.runner._sweep()  # type: ignore[attr-defined]

    def handed_over(self) -> int:
        """The customer has asked for a person, and been told; the ticket."""
        self.says(PLEA)
        ticket = self.ticket()
        self.hears(1)
        self.rests()
        return ticket

    def outcomes(self) -> list[str | None]:
        asked = episodes.select().order_by(episodes.c.started_at)
        return [row.outcome for row in self.connector.db.read(lambda c: c.execute(asked).all())]

    def scores(self) -> list[int | None]:
        asked = episodes.select().order_by(episodes.c.started_at)
        return [row.score for row in self.connector.db.read(lambda c: c.execute(asked).all())]

    def notes(self, ticket: int) -> str:
        return "\n".join(self.comments(ticket, public=False))

    def status(self, ticket: int) -> str:
        return next(t.status for t in self.stage.zendesk.tickets() if t.id == ticket)

    def tags(self, ticket: int) -> set[str]:
        return set(next(t.tags for t in self.stage.zendesk.tickets() if t.id == ticket))


@contextmanager
def life(
    folder: Path,
    more: str = "",
    *,
    at: datetime | None = None,
    channels: Mapping[str, str] | None = None,
) -> Iterator[Life]:
    """`more` are further lines of the channel; `at` is what the clock shows at the beginning."""
    port, clock = free_port(), Clock()
    if at is not None:
        clock.set(at)
    url = f"http://127.0.0.1:{port}"
    with Stage(url) as stage:
        stage.twilio.now = stage.zendesk.now = clock
        file = written(folder, channels or {CHANNEL: stage.twilio.number}, more)
        settings = load(file, stage.environ(f"sqlite:///{folder}/connector.db"))
        connector = bootstrap.build(settings, clock, settle_after=timedelta(seconds=1))
        with serving(connector, port):
            yield Life(stage, url, clock, connector, settings)
