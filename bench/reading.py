"""What a webhook costs before it is stored, for each kind of channel: signature and reading.

python -m bench.reading
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from bench.table import Row, percentile, show
from connector.domain.text import split_text
from connector.errors import WebhookError
from tests.contracts.kinds import KINDS, RECORDED, channel, fixture, request

ROUNDS = 50
TEXT = "Where is my parcel? It was due on Monday, and nobody has told me anything since. " * 125


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    with suppress(WebhookError):
        work()
    return (time.perf_counter() - began) * 1000


def of_kind(kind: str) -> Row:
    """Every recorded request of the kind, so often that what else the machine does drowns."""
    spent: list[float] = []
    worst = ("", 0.0)
    for name in (name for of, name in RECORDED if of == kind):
        told = fixture(kind, name)
        adapter, asked = channel(kind, told["channel"]), request(told)
        times = [timed(lambda a=adapter, r=asked: a.parse(r)) for _ in range(ROUNDS)]  # type: ignore[misc]
        spent += times
        worst = max(worst, (name, percentile(times, 50)), key=lambda found: found[1])
    figure = f"{percentile(spent, 50):.3f} ms, p99 {percentile(spent, 99):.3f}"
    return Row(f"reading a {kind} webhook, p50", f"{figure}; {worst[0]} {worst[1]:.3f}", "≤ 1 ms")


def rows() -> list[Row]:
    text = TEXT[:10_000]
    split = percentile([timed(lambda: split_text(text, 1600)) for _ in range(ROUNDS)], 50)
    return [
        *(of_kind(kind) for kind in KINDS),
        Row("splitting a text of 10,000 characters, p50", f"{split:.2f} ms", "≤ 5 ms"),
    ]


if __name__ == "__main__":
    print(show(rows()))
