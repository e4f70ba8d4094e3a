"""What preparing a text costs: cut to messages, made cheaper, counted in segments."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from bench.table import Row
from connector.channels.twilio.segments import cheaper, segments
from connector.domain.text import split_text

TEXTS = {
    "words": "word " * 2_000,
    "one word": "x" * 10_000,
    "Chinese": "中文" * 5_000,
    "emoji": "👍🏽" * 5_000,
    "flags": "🇪🇸" * 5_000,
    "Thai": "กำ" * 5_000,
}
QUOTED = "“It’s ready” – we’ll send it… " * 53


def best(act: Callable[[], object], times: int = 20) -> float:
    """Seconds of the quickest of some: what it takes when nobody disturbs it."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        found.append(time.perf_counter() - began)
    return min(found)


def rows() -> list[Row]:
    cuts = {name: best(partial(split_text, text, 1600)) for name, text in TEXTS.items()}
    slowest = max(cuts, key=lambda name: cuts[name])
    counted = best(lambda: segments(cheaper(QUOTED, 1600)))
    return [
        Row("cutting a text of 10,000 characters, words", _ms(cuts["words"]), "5 ms"),
        Row(f"the same, the slowest of {len(cuts)} scripts ({slowest})", _ms(cuts[slowest]), "5 ms"),
        Row("look-alikes and segments of 1,600 characters", _ms(counted), ""),
    ]  # fmt: skip


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
