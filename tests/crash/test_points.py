"""RELIABILITY target 3: kill -9 before and after every commit, and around every call to a provider.

In CI a sample that a seed chooses; with TEST_LONG=1 (`make bench-long`) every point, on both databases.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import LONG
from tests.crash.campaign import carry_out, points, sample
from tests.crash.process import Zygote
from tests.crash.runs import Where

pytestmark = pytest.mark.xdist_group("points")
LEAST = 60
SEED = 20250301
ON_SQLITE, ON_POSTGRES = 14, 6


def everywhere(where: Where, count: int, capsys: pytest.CaptureFixture[str]) -> None:
    cases = points(where)
    assert len(cases) >= LEAST
    chosen = cases if LONG else sample(cases, count, SEED)
    outcome = carry_out(chosen)
    kind = "Postgres" if where.postgres else "SQLite"
    with capsys.disabled():
        print(f"\n{kind}: {len(cases)} crash points, {outcome}")
    assert outcome.broken == {}
    # Threads take turns: a few stories are over before the last points of the first one.
    assert len(outcome.missed) <= len(chosen) // 2, outcome.missed


def test_killed_at_every_point_nothing_is_lost_doubled_or_reordered(
    zygote: Zygote, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    everywhere(Where(zygote, tmp_path), ON_SQLITE, capsys)


@pytest.mark.postgres
def test_killed_at_every_point_on_postgres_too(
    zygote: Zygote, tmp_path: Path, postgres: str, capsys: pytest.CaptureFixture[str]
) -> None:
    everywhere(Where(zygote, tmp_path, postgres), ON_POSTGRES, capsys)
