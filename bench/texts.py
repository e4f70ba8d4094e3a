"""What reading a webhook and preparing a text cost: a second's thousandth, or a few of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from bench.table import Row
from connector.channels.base import WebhookRequest
from connector.channels.twilio.channel import Twilio
from connector.channels.twilio.config import TwilioConfig
from connector.channels.twilio.segments import cheaper, segments
from connector.domain.text import split_text

FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures" / "twilio"
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
    reads = {name: best(read) for name, read in _readers()}
    longest = max(reads, key=lambda name: reads[name])
    counted = best(lambda: segments(cheaper(QUOTED, 1600)))
    return [
        Row("cutting a text of 10,000 characters, words", _ms(cuts["words"]), "5 ms"),
        Row(f"the same, the slowest of {len(cuts)} scripts ({slowest})", _ms(cuts[slowest]), "5 ms"),
        Row("look-alikes and segments of 1,600 characters", _ms(counted), ""),
        Row(f"reading a Twilio webhook, the slowest of {len(reads)} ({longest})",
            _ms(reads[longest]), "1 ms"),
    ]  # fmt: skip


def _readers() -> list[tuple[str, Callable[[], object]]]:
    about = json.loads((FIXTURES / "channel.json").read_text())
    made: list[tuple[str, Callable[[], object]]] = []
    for name in about["requests"]:
        told = json.loads((FIXTURES / f"{name}.json").read_text())
        if "expected" not in told:
            continue
        config = {k: v for k, v in about["channels"][told["channel"]].items() if k != "auth_tokens"}
        tokens = tuple(about["channels"][told["channel"]]["auth_tokens"])
        channel, asked = Twilio(TwilioConfig(auth_tokens=tokens, **config)), told["request"]
        request = WebhookRequest(
            asked["method"], asked["url"], asked["headers"], urlsplit(asked["url"]).query,
            asked["body"].encode(),
        )  # fmt: skip
        made.append((name, partial(channel.parse, request)))
    return made


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
