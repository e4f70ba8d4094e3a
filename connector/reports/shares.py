"""Arithmetic of reports: shares that sum to 100 %, and where the middle of many durations lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from statistics import median

TENTHS = 1000  # of a percent in the whole


def rate(part: int, whole: int) -> float | None:
    """In percent with one decimal, halves up; None of nothing."""
    return None if whole == 0 else (part * 2 * TENTHS + whole) // (2 * whole) / 10


def shares(counts: Sequence[int]) -> list[float]:
    """Percents with one decimal that sum to exactly 100.0: the largest remainders are rounded up.

    All zero if there is nothing to share.
    """
    whole = sum(counts)
    if whole == 0:
        return [0.0] * len(counts)
    parts = [divmod(each * TENTHS, whole) for each in counts]
    missing = TENTHS - sum(low for low, _ in parts)
    by_rest = sorted(range(len(counts)), key=lambda i: (-parts[i][1], i))
    up = set(by_rest[:missing])
    return [(low + (i in up)) / 10 for i, (low, _) in enumerate(parts)]


@dataclass(frozen=True)
class Spread:
    """Of so many durations the middle, and what nine in ten do not exceed."""

    number: int
    median: timedelta | None = None
    p90: timedelta | None = None


def spread(durations: Sequence[timedelta]) -> Spread:
    if not durations:
        return Spread(0)
    ordered = sorted(durations)
    seconds = median(d.total_seconds() for d in ordered)
    nine_in_ten = ordered[ceil(0.9 * len(ordered)) - 1]
    return Spread(len(ordered), timedelta(seconds=seconds), nine_in_ten)
