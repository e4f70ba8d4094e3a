"""Generated histories of tickets: the phone shows what the reference says, in order; no canary leaves.

One seed is one history: `play(seed)` replays it. TEST_LONG=1 plays 50,000, else 2,000.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.domain import events as e
from tests.conftest import LONG
from tests.domain.decide.given import TICKET
from tests.properties.ticket_world import KINDS, TARGET, World

BLOCK = 1_000
BLOCKS = 50 if LONG else 2
KINDS_LIST = list(KINDS) + ["agent"] * 8
ACTS = (
    ["write"] * 8 + ["webhook"] * 4 + ["read"] * 6 + ["customer", "redact", "private", "solve",
    "open", "merge", "catch_up", "pause"]
)  # fmt: skip


def play(seed: int) -> World:
    world = World(seed)
    chance = world.random
    for _ in range(chance.randrange(4, 30)):
        act(world, chance.choice(ACTS))
        world.at += timedelta(seconds=chance.choice([0, 0, 0.4, 1, 20]))
    rest(world)
    return world


def act(world: World, what: str) -> None:
    chance, tickets = world.random, world.account.tickets
    ticket = chance.choice([TICKET, TICKET, TARGET])
    match what:
        case "write":
            world.writes(chance.choice(KINDS_LIST), ticket)
        case "webhook":
            for _ in range(chance.choice([1, 1, 2, 3])):
                world.happens(e.TicketChanged(world.at, ticket))
        case "read":
            world.reads()
        case "customer":
            world.happens(e.CustomerMessaged(world.at, f"SMc{world.ids}", "Hello?"))  # type: ignore[arg-type]
        case "redact" | "private":
            world.takes_back(ticket, private=what == "private")
        case "solve" | "open" if tickets[ticket].status != "closed":
            tickets[ticket].status = {"solve": "solved", "open": "open"}[what]
        case "merge":
            world.merges()
        case "catch_up" | "pause":  # a list does not lag for minutes
            world.account.lagging.clear()
            world.at += timedelta(minutes=20 if what == "pause" else 0)
        case _:
            return


def rest(world: World) -> None:
    """Reconciliation makes up for every webhook that did not come."""
    world.account.lagging.clear()
    for _ in range(3):
        for ticket in (TICKET, TARGET):
            world.happens(e.TicketChanged(world.at, ticket))
        for _ in range(50):
            if not world.orders:
                break
            world.reads()
    assert not world.orders, "it never stops reading"


def agents_words(world: World) -> list[str]:
    """Without the connector's own texts, which stand in angle brackets here."""
    return [word for word in world.phone if not word.startswith("<")]


def check(world: World) -> None:
    assert agents_words(world) == world.expected
    assert "canary" not in " ".join(world.phone)
    assert world.told == world.taken_back


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_phone_equals_the_reference_and_no_canary_leaves(block: int) -> None:
    said = 0
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        world = play(seed)
        try:
            check(world)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from None
        said += len(world.sent)
    assert said > BLOCK  # the histories do say something
