"""RELIABILITY target 4: Postgres restarted again and again while messages come; none is lost, doubled or
reordered.

Many customers talk to an agent, so that each of their messages becomes a line of their ticket. In short
a few dozen messages and two restarts; with TEST_LONG=1 10,000 messages, a restart every 5 to 40 s.
"""

from __future__ import annotations

import os
import random
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Self

import pytest

from tests.conftest import LONG
from tests.crash.process import Zygote
from tests.load.cluster import Cluster, NoServer, cluster
from tests.scenarios.fleet import a_fleet
from tests.scenarios.world import PLEA, World

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("fleet")]

CUSTOMERS, EACH, RATE = (200, 50, 25.0) if LONG else (6, 15, 15.0)
SOONEST, LATEST = (5.0, 40.0) if LONG else (1.5, 3.0)
DRAIN_SECONDS = 1200.0
NUMBER = re.compile(r"\bn(\d+)\b")


@pytest.fixture
def server() -> Iterator[Cluster]:
    try:
        with cluster() as found:
            yield found
    except NoServer as reason:
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@dataclass
class Writers:
    """Customers who send their messages in order, each as often as it takes to be acknowledged."""

    world: World
    customers: list[str]
    refused: Counter[int] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        turns = count()
        lock = threading.Lock()
        self._began = time.monotonic()

        def pace() -> float:
            with lock:
                return next(turns) / RATE

        self._threads = [
            threading.Thread(target=self._write, args=(self.customers[i::8], pace))
            for i in range(8)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()

    def alive(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _write(self, mine: list[str], pace: object) -> None:
        assert callable(pace)
        for number in range(EACH):
            for customer in mine:
                time.sleep(max(self._began + pace() - time.monotonic(), 0))
                self._send(customer, number)

    def _send(self, customer: str, number: int) -> None:
        sid = f"SM{int(customer[1:]) * 1000 + number:032d}"
        while True:
            sent = self.world.stage.twilio.customer_says(f"n{number}", from_=customer, sid=sid)
            status = sent.wait()
            if status == 200:
                return
            self.refused[status or 0] += 1
            threading.Event().wait(0.5)


def test_nothing_is_lost_doubled_or_reordered_while_the_database_restarts(
    zygote: Zygote, server: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(4)
    customers = [f"+1202555{1000 + n}" for n in range(CUSTOMERS)]
    restarts, down = 0, 0.0
    with a_fleet(zygote, server.url, ("web", "web", "worker")) as (_, w, __):
        for customer in customers:
            w.says(PLEA, customer)
        assert w.stage.until(lambda: len(w.stage.zendesk.tickets()) == CUSTOMERS, DRAIN_SECONDS)
        with Writers(w, customers) as writers:
            while writers.alive():
                threading.Event().wait(chance.uniform(SOONEST, LATEST))
                began = time.monotonic()
                server.restart(chance.choice(("fast", "immediate")))
                down += time.monotonic() - began
                restarts += 1
        began = time.monotonic()
        expected = [str(n) for n in range(EACH)]
        assert w.stage.until(
            lambda: all(_told(w, t.id) >= EACH for t in w.stage.zendesk.tickets()), DRAIN_SECONDS
        )
        drained = time.monotonic() - began
        found = [_numbers(w, t.id) for t in w.stage.zendesk.tickets()]
    with capsys.disabled():
        told = (f"{CUSTOMERS * EACH} messages, {restarts} restarts ({down:.0f} s in all):"
                f" refused {dict(writers.refused)}, {sum(f == expected for f in found)} of {CUSTOMERS}"
                f" tickets complete and in order, drained {drained:.0f} s after the last")  # fmt: skip
        sys.stdout.write(f"\n{told}\n")
    assert restarts >= 2
    assert found == [expected] * CUSTOMERS


def _told(world: World, ticket: int) -> int:
    return len(_numbers(world, ticket))


def _numbers(world: World, ticket: int) -> list[str]:
    return NUMBER.findall("\n".join(world.comments(ticket, public=True)))
