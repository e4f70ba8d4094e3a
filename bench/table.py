"""One table for all figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    what: str
    figure: str
    goal: str


def percentile(values: Sequence[float], part: float) -> float:
    """The nearest-rank percentile."""
    ranked = sorted(values)
    return ranked[min(int(len(ranked) * part / 100), len(ranked) - 1)]


def show(rows: Sequence[Row]) -> str:
    width = max(len(r.what) for r in rows)
    middle = max(len(r.figure) for r in rows)
    return "\n".join(f"{r.what:<{width}}  {r.figure:>{middle}}  {r.goal}".rstrip() for r in rows)
