"""The kinds of channel and their fixtures: a registry row and a folder are all that a kind needs.

tests/fixtures/<kind>/channel.json holds the configurations, an outbound message, the provider's
answer when it takes one, its refusals, and the names of the recorded requests beside it. Where they
are so it says also:

    now           the time at which the requests were signed, for kinds whose signatures grow old
    signs_body    false: the provider shows a secret, and what it says is not covered
    repeatable    true: sending a message twice does no harm, so nothing is ever Uncertain
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from connector.channels.base import Channel, Outbound, Parsed, WebhookRequest
from connector.channels.registry import CHANNELS
from connector.domain.conversation import Media
from connector.domain.ids import Address

FIXTURES = Path(__file__).parents[1] / "fixtures"
KINDS = sorted(CHANNELS)


@cache
def about(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / kind / "channel.json").read_text())
    return found


@cache
def fixture(kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / kind / f"{name}.json").read_text())
    return found


RECORDED = [(kind, name) for kind in KINDS for name in about(kind)["requests"]]


def channel(kind: str, name: str, **changes: object) -> Channel:
    """The adapter that the fixtures of this kind call `name`."""
    adapter: Any = CHANNELS[kind]
    config = get_type_hints(adapter.__init__)["config"]
    settings = {**about(kind)["channels"][name], **changes}
    known = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    if "now" in about(kind):
        at = datetime.fromisoformat(about(kind)["now"])
        known.setdefault("now", lambda: at)
    built: Channel = adapter(config(**known))
    return built


def any_channel(kind: str, **changes: object) -> Channel:
    return channel(kind, next(iter(about(kind)["channels"])), **changes)


def request(recorded: Mapping[str, Any]) -> WebhookRequest:
    told = recorded["request"]
    query = told["url"].partition("?")[2]
    return WebhookRequest(
        told["method"], told["url"], told["headers"], query, told["body"].encode()
    )


def with_header(asked: WebhookRequest, name: str, value: str | None) -> WebhookRequest:
    headers = {k: v for k, v in asked.headers.items() if k != name}
    return replace(asked, headers=headers if value is None else {**headers, name: value})


def outbound(kind: str) -> Outbound:
    told = about(kind)["outbound"]
    media = tuple(Media(**each) for each in told["media"])
    thread = told.get("thread", "")
    return Outbound(told["key"], Address(told["customer"]), told["text"], media, thread=thread)


def plain(event: Parsed) -> dict[str, Any]:
    """As the expected files write it; `raw` is the request itself and checked by its own test."""
    written: dict[str, Any] = json.loads(json.dumps(asdict(event)))
    written.pop("raw", None)
    if written.get("customer_phone", "") is None:
        del written["customer_phone"]  # what is seldom told is written where it is
    if written.get("thread") == "":
        del written["thread"]
    return {"type": type(event).__name__, **written}
