"""Many runs of the story side by side, and one table of what they came to."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.crash.calls import MOMENTS, Kill
from tests.crash.runs import Result, Where, run

SIDE_BY_SIDE = 4
Case = Callable[[], Result]


@dataclass
class Outcome:
    """What came of all: `broken` is every promise that did not hold, by case."""

    runs: int = 0
    killed: int = 0
    lives: int = 0
    unknown: int = 0
    broken: dict[str, list[str]] = field(default_factory=dict)
    mishaps: dict[str, list[str]] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)  # points that this run's order did not reach

    def take(self, name: str, result: Result) -> None:
        self.runs += 1
        self.killed += result.killed
        self.lives += result.lives
        self.unknown += result.unknown
        if result.broken:
            self.broken[name] = result.broken
        if result.mishaps:
            self.mishaps[name] = result.mishaps

    def add(self, other: Outcome) -> None:
        self.runs += other.runs
        self.killed += other.killed
        self.lives += other.lives
        self.unknown += other.unknown
        self.broken |= other.broken
        self.mishaps |= other.mishaps

    def __str__(self) -> str:
        return (
            f"{self.runs} runs, {self.killed} killed, {self.lives} lives, {len(self.broken)} with a "
            f"broken promise, {len(self.mishaps)} with a surprise in the log, "
            f"{self.unknown} texts unproven"
        )


def points(where: Where) -> dict[str, Case]:
    """Every place where a whole story can be cut, by name: as many as an undisturbed one has."""
    whole = run(where)
    assert not whole.broken, whole.broken
    cases: dict[str, Case] = {}
    for number, call in enumerate(whole.calls, 1):
        for moment in MOMENTS:
            kill = Kill(number, moment)
            cases[f"{moment} call {number} ({call})"] = lambda k=kill: run(where, kill=k)  # type: ignore[misc]
    for number in range(1, whole.commits + 1):
        side = "before" if number % 2 else "after"
        name = f"{side} commit {(number + 1) // 2}"
        cases[name] = lambda n=number: run(where, commit=n)  # type: ignore[misc]
    return cases


def sample(cases: Mapping[str, Case], count: int, seed: int) -> dict[str, Case]:
    names = random.Random(seed).sample(sorted(cases), min(count, len(cases)))
    return {name: cases[name] for name in names}


def carry_out(
    cases: Mapping[str, Case], until: float = float("inf"), tell: Callable[[str], None] = print
) -> Outcome:
    """Run them; those that are not begun at `until` (monotonic) are left out."""
    outcome = Outcome()

    def one(name: str) -> tuple[str, Result | None]:
        return name, cases[name]() if time.monotonic() < until else None

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for name, result in pool.map(one, cases):
            if result is None:
                continue
            outcome.take(name, result)
            if not result.killed:
                outcome.missed.append(name)
            for wrong in result.broken:
                tell(f"{name}: {wrong}")
    return outcome
