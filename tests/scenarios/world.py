"""The connector and the three twins on loopback, talking real HTTP; what a scenario says and sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import requests

from connector import bootstrap
from connector.bootstrap import Connector
from connector.sandbox.faults import Fault
from connector.sandbox.stage import Stage
from connector.sandbox.twilio.messages import Media
from connector.sandbox.zendesk.agents import TicketView
from connector.settings import load
from connector.web.server import listen
from tests import migrated
from tests.phrases import lists_read_once
from tests.ports import free_port as free_port

ROOT = Path(__file__).parents[2]
CUSTOMER = "+12025550147"
PLEA = "I want to talk to a human please"
PATIENCE = 60.0  # of a busy machine: only a failure takes so long
T = TypeVar("T")


@contextmanager
def serving(connector: Connector, port: int) -> Iterator[None]:
    """It listens and works until the end, and is closed then, even if it never came to listen."""
    with ExitStack() as stack:
        stack.callback(connector.close, 5)
        listener = listen(connector.app, "127.0.0.1", port)
        stack.callback(listener.stop)
        connector.start()
        listener.start()
        yield


@dataclass
class World:
    stage: Stage
    url: str
    token: str = field(default="", kw_only=True)  # that /metrics asks for

    def until(self, look: Callable[[], T], what: str = "") -> T:
        """Wait for the twins to show it: woken by their changes, not by the clock."""
        found: list[T] = []

        def seen() -> bool:
            found[:] = [look()]
            return bool(found[0])

        if not self.stage.until(seen, PATIENCE):
            raise AssertionError(f"never came: {what or look.__name__}; last seen {found}")
        return found[0]

    # --- the customer

    def says(
        self,
        text: str,
        customer: str = CUSTOMER,
        sid: str | None = None,
        media: Sequence[Media] = (),
    ) -> None:
        delivery = self.stage.twilio.customer_says(text, from_=customer, sid=sid, media=media)
        assert delivery.wait() == 200

    def phone(self, customer: str = CUSTOMER) -> list[str]:
        """What reached the customer, oldest first."""
        shown = self.stage.twilio.conversation(customer)
        lost = ("failed", "undelivered")
        return [m.text for m in shown if m.direction == "outbound" and m.status not in lost]

    def hears(self, number: int, customer: str = CUSTOMER) -> list[str]:
        """Wait until so many messages reached the customer."""
        return self.until(
            lambda: got if len(got := self.phone(customer)) >= number else [],
            f"{number} messages on the phone",
        )

    # --- the agent

    def ticket(self, number: int = 1) -> int:
        """Wait for the ticket and give its id."""
        tickets = self.until(
            lambda: found if len(found := self.stage.zendesk.tickets()) >= number else [],
            f"ticket {number}",
        )
        return sorted(t.id for t in tickets)[number - 1]

    def comments(self, ticket: int, *, public: bool) -> list[str]:
        found = next(t for t in self.stage.zendesk.tickets() if t.id == ticket)
        return [c.plain for c in found.comments if c.public is public]

    def view(self, ticket: int) -> TicketView:
        """The ticket as agents see it."""
        return next(t for t in self.stage.zendesk.tickets() if t.id == ticket)

    def html(self, ticket: int) -> str:
        found = next(t for t in self.stage.zendesk.tickets() if t.id == ticket)
        return "\n".join(c.html for c in found.comments)

    def public(self, ticket: int, number: int) -> list[str]:
        return self.until(
            lambda: got if len(got := self.comments(ticket, public=True)) >= number else [],
            f"{number} public comments",
        )

    def holds(self, moment: str) -> Callable[[], bool]:
        """Keep the next such call in flight for long; gives what tells that it is there."""
        if moment == "model":
            before = len(self.stage.anthropic.calls)
            self.stage.anthropic.hold()
            return lambda: len(self.stage.anthropic.calls) > before
        twin, match = {
            "ticket": (self.stage.zendesk, "POST /api/v2/tickets*"),
            "comment": (self.stage.zendesk, "PUT /api/v2/tickets/*"),
            "send": (self.stage.twilio, "POST *Messages.json"),
        }[moment]
        # It takes effect, and its answer comes when nobody is there to hear it.
        twin.faults.add(match, Fault(delay=3, when="after"))
        return lambda: not twin.faults.active()

    # --- the connector

    def metric(self, name: str) -> float:
        headers = {"Authorization": f"Bearer {self.token}"}
        text = requests.get(f"{self.url}/metrics", timeout=5, headers=headers).text
        return sum(float(x) for x in re.findall(rf"^{name}\S* (\S+)$", text, re.MULTILINE))

    def rests(self) -> None:
        """Wait until nothing is left to do: no event waiting, no call open, at one moment."""
        self.until(lambda: self.metric("connector_(?:outbox|inbox_waiting)") == 0, "rest")


@contextmanager
def world(
    folder: Path,
    config: Path = ROOT / "config" / "sandbox.yaml",
    clock: Callable[[], datetime] | None = None,
) -> Iterator[World]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Stage(url) as stage, lists_read_once():
        database = f"sqlite:///{folder}/connector.db"
        if not (folder / "connector.db").exists():
            migrated.make(database)
        environ = stage.environ(database)
        connector = bootstrap.build(load(config, environ), clock, timedelta(seconds=1))
        with serving(connector, port):
            yield World(stage, url)
