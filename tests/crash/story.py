"""One fixed story, told to a connector that dies or whose providers fail, however often.

Customer texts, bot answers, plea, ticket, agent's note and comment, customer's message, solve, next
text. What was said is kept as the reference; `promises.broken` holds phone and ticket against it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, update
from sqlalchemy.exc import DBAPIError

from connector.sandbox.anthropic import summaries
from connector.sandbox.courier import Delivery
from connector.sandbox.stage import CUSTOMERS, Stage
from connector.storage import lanes
from connector.storage.tables import outbox
from tests.crash.process import Process

CUSTOMER = CUSTOMERS[0]
CANARY = "canary: for colleagues only"
PATIENCE = 60.0
SOON = timedelta(seconds=12)  # timers later than this are of another day
# Waits of the outbox that are longer than this are cut short: the story has no hour.
LONG_WAIT = timedelta(seconds=1)
ANSWERS = {
    1: "Your parcel left the warehouse this morning.",
    2: "Send it back within thirty days.",
    3: "Weekdays from nine to five.",
    4: "My colleague has that.",
    5: "Two working days.",
}
_NUMBER = re.compile(r"\(no (\d)\)")
_EARLIER = re.compile(r"<earlier>.*?</earlier>", re.DOTALL)  # answered in an episode before


def answered(given: dict[str, Any]) -> dict[str, Any]:
    """As the model: names the messages that it answers, so that one can count."""
    asked = given["messages"][-1]["content"]
    text = asked if isinstance(asked, str) else "\n".join(b.get("text", "") for b in asked)
    form = (given.get("output_config") or {}).get("format") or {}
    if "wants" in (form.get("schema") or {}).get("properties", {}):
        return summaries.summarise(text)
    numbers = dict.fromkeys(int(n) for n in _NUMBER.findall(_EARLIER.sub("", text)))
    reply = " ".join(f"{ANSWERS[n]} (no {n})" for n in numbers) or "Please say that again."
    return {
        "reply": reply, "decision": "answer", "trigger": "none", "reason": "", "quote": "",
        "language": "en", "offers_person": False,
    }  # fmt: skip


@dataclass
class Story:
    stage: Stage
    start: Callable[[], Process]  # the next life of the connector; raises RuntimeError
    database: Engine
    rushed: bool = False  # nobody waits for anybody
    customer: list[str] = field(default_factory=list)
    agent: list[str] = field(default_factory=list)
    solved: bool = False
    lives: int = 0
    process: Process | None = None
    _made_up_for: set[int] = field(default_factory=set)

    def tell(self) -> None:
        """All of it, until nothing is left to do. Raise AssertionError if it does not come to rest."""
        self.stage.anthropic.script(*[answered] * 200)
        self.says("Where is my parcel?")
        self.says("And how do I return something?")
        self.says("I want to talk to a human please.")
        if (ticket := self.ticket()) is not None:
            self.notes(ticket)
            self.replies(ticket, "Hello, I found it.")
            self.says("My order is A4711.")
            self.replies(ticket, "It comes tomorrow.", solve=True)
        self.says("How long do deliveries take?")
        if ticket is not None:
            self.notes(ticket)
        self.rests()

    # --- what people do

    def says(self, text: str) -> None:
        """Delivered again until it is acknowledged, as by a fallback address or a reconciliation."""
        numbered = f"{text} (no {len(self.customer) + 1})"
        self.customer.append(numbered)
        sid = f"SM{len(self.customer):032x}"
        deadline = time.monotonic() + PATIENCE
        while self._say(numbered, sid) != 200:
            assert time.monotonic() < deadline, "a webhook is never acknowledged"
            self.live()
        self.breathe()

    def _say(self, text: str, sid: str) -> int | None:
        self.live()
        return self.stage.twilio.customer_says(text, from_=CUSTOMER, sid=sid).wait(PATIENCE)

    def replies(self, ticket: int, text: str, *, solve: bool = False) -> None:
        self.agent.append(text)
        self.solved = self.solved or solve
        self.stage.zendesk.agent_replies(ticket, text, author="Ana", solve=solve)
        self.breathe()

    def notes(self, ticket: int) -> None:
        self.stage.zendesk.agent_notes(ticket, CANARY)
        self.breathe()

    def ticket(self) -> int | None:
        """Wait for it; None if everything is done and there is none."""
        found: list[int] = []

        def look() -> bool:
            found[:] = [t.id for t in self.stage.zendesk.tickets()]
            return bool(found) or self.idle()

        self.until(look, "a ticket")
        return max(found, default=None)

    # --- the connector, alive as long as the story goes

    def breathe(self) -> None:
        if not self.rushed:
            self.rests()

    def rests(self) -> None:
        self.until(self.idle, "rest")

    def until(self, look: Callable[[], bool], what: str) -> None:
        def seen() -> bool:
            self.live()
            return look()

        assert self.stage.until(seen, PATIENCE), f"never came: {what}"

    def live(self) -> None:
        """Start it again if it has died."""
        if self.process is not None and self.process.gone():
            self.process.wait()
            self.process = None
        while self.process is None:
            self.lives += 1
            assert self.lives < 20, "it dies again and again"
            try:
                self.process = self.start()
            except RuntimeError:
                continue  # killed while it started

    def idle(self) -> bool:
        """Nothing is on its way, due, or due soon."""
        couriers = self.stage.twilio.courier, self.stage.zendesk.courier
        if not all(courier.idle(0) for courier in couriers) or self._makes_up():
            return False
        try:
            with self.database.begin() as connection:
                waiting = lanes.waiting(connection)
            now = datetime.now(UTC)
            self._hasten(now, [due for lane, due in waiting.items() if lane.name != "inbox"])
        except DBAPIError:
            return False  # killed before there were tables, or the server hung up on us too
        return not any(lane.name != "inbox" or due < now + SOON for lane, due in waiting.items())

    def _hasten(self, now: datetime, dues: list[datetime]) -> None:
        """What waits for an hour is made due: the sweep finds it."""
        if any(due > now + LONG_WAIT for due in dues):
            o = outbox.c
            late = update(outbox).where(o.done_at.is_(None), o.due_at > now + LONG_WAIT)
            with self.database.begin() as connection:
                connection.execute(late.values(due_at=now))

    def _makes_up(self) -> bool:
        """Whether a ticket's webhook was lost and now came: Zendesk's next one, or a reconciliation."""
        lost = [d for d in list(self.stage.zendesk.courier.deliveries) if self._lost(d)]
        for delivery in lost:
            if self.stage.zendesk.courier.post(delivery) == 200:
                self._made_up_for.add(id(delivery))
        return bool(lost)

    def _lost(self, delivery: Delivery) -> bool:
        return (
            delivery.done.is_set()
            and delivery.status != 200
            and id(delivery) not in self._made_up_for
        )
