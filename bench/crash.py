"""Deaths and failures at once, on both databases, chosen by a seed, for as long as one likes.

    python -m bench.crash [--minutes N] [--seed N]

Each run tells the story of tests/crash with one kind of failure at one kind of call and one kill -9 at
one point, and holds the promises. The same seed gives the same runs in the same order.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.conftest import POSTGRES
from tests.crash import trouble
from tests.crash.calls import MOMENTS, Kill
from tests.crash.campaign import Case, Outcome, carry_out
from tests.crash.process import Zygote
from tests.crash.runs import Where, run

ROUND = 40  # runs between two looks at the clock
CALLS, COMMITS = 40, 240  # about as many as the story has, with what a failure adds


def cases(wheres: list[Where], seed: int) -> Iterator[tuple[str, Case]]:
    chance = random.Random(seed)
    kinds = trouble.faults()
    number = 0
    while True:
        number += 1
        where = chance.choice(wheres)
        kind, name = chance.choice(sorted(trouble.KINDS)), chance.choice(sorted(kinds))
        times = chance.randint(1, trouble.most(kind, name))
        kill = Kill(chance.randint(1, CALLS), chance.choice(MOMENTS))
        commit = chance.randint(1, COMMITS) if chance.random() < 0.5 else None
        point = f"commit point {commit}" if commit else f"{kill.moment} call {kill.call}"
        what = f"{number}. {'Postgres' if where.postgres else 'SQLite'}, {kind}: {name}, {point}"
        yield what, partial(
            run, where, kill=None if commit else kill, commit=commit,
            trouble=trouble.meets(kind, kinds[name], times),
            excused=trouble.excused(kind, name), rushed=chance.random() < 0.5,
        )  # fmt: skip


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("--minutes", type=float, default=20)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    until = time.monotonic() + given.minutes * 60
    whole = Outcome()
    with Zygote() as zygote, tempfile.TemporaryDirectory() as folder:
        wheres = [Where(zygote, Path(folder))]
        if os.environ.get("TEST_POSTGRES_URL") != "":
            wheres.append(Where(zygote, Path(folder), POSTGRES))
        todo = cases(wheres, given.seed)
        while time.monotonic() < until:
            whole.add(carry_out(dict(next(todo) for _ in range(ROUND)), until))
    print(f"crashes and failures at once, seed {given.seed}: {whole}")
    return 1 if whole.broken else 0


if __name__ == "__main__":
    sys.exit(main())
