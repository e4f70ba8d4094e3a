"""RELIABILITY target 3: every kind of failure at every kind of call, and the same promises.

In CI a sample that a seed chooses; with TEST_LONG=1 all of them. `bench.crash` joins both worlds:
failures and deaths at once, for as long as one likes.
"""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import LONG
from tests.crash import trouble
from tests.crash.campaign import Case, carry_out, sample
from tests.crash.process import Zygote
from tests.crash.runs import Where, run

pytestmark = pytest.mark.xdist_group("faults")
LEAST = 25
SEED = 20250302
ON_SQLITE, ON_POSTGRES = 14, 5


def failures(where: Where, seed: int) -> dict[str, Case]:
    """Kind of failure x kind of call; a seed says how often in a row, and who is in a hurry."""
    chance = random.Random(seed)
    kinds = trouble.faults()
    assert len(kinds) + 1 >= LEAST
    cases: dict[str, Case] = {}
    for kind in trouble.KINDS:
        for name, fault in kinds.items():
            times = chance.randint(1, trouble.most(kind, name))
            cases[f"{kind}: {name}, {times} times"] = partial(
                run, where, trouble=trouble.meets(kind, fault, times),
                excused=trouble.excused(kind, name), rushed=chance.random() < 0.5,
            )  # fmt: skip
    for twin in ("twilio", "zendesk", "anthropic"):
        cases[f"{twin}: refused"] = partial(run, where, trouble=trouble.refuses(twin))
    return cases


def everywhere(where: Where, count: int, capsys: pytest.CaptureFixture[str]) -> None:
    cases = failures(where, SEED)
    outcome = carry_out(cases if LONG else sample(cases, count, SEED))
    kind = "Postgres" if where.postgres else "SQLite"
    with capsys.disabled():
        print(f"\n{kind}: {len(cases)} failures, {outcome}")
    assert outcome.broken == {}
    assert outcome.mishaps == {}


def test_whatever_providers_do_nothing_is_lost_doubled_or_reordered(
    zygote: Zygote, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    everywhere(Where(zygote, tmp_path), ON_SQLITE, capsys)


@pytest.mark.postgres
def test_whatever_providers_do_on_postgres_too(
    zygote: Zygote, tmp_path: Path, postgres: str, capsys: pytest.CaptureFixture[str]
) -> None:
    everywhere(Where(zygote, tmp_path, postgres), ON_POSTGRES, capsys)
