"""Recorded requests, spoilt: bytes that the provider did not sign, and bodies that make no sense."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

from connector.channels.base import WebhookRequest
from tests.contracts.kinds import RECORDED, about, fixture, request, with_header

SEED = 20261124
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30, 1e300, "", " ", "\x00", "\ud800", "é" * 300, "x" * 5_000,
    "../../etc/passwd", "javascript:alert(1)", "http://127.0.0.1/", [], {}, [None], [[]], {"": {}},
    "2026-11-24", "NaN", "👍\u202e",
)  # fmt: skip


def signs_body(kind: str) -> bool:
    return bool(about(kind).get("signs_body", True))


def mutated(kind: str) -> Iterator[tuple[str, WebhookRequest]]:
    """For ever: bytes inserted, cut out, moved, doubled; one's body under another's signature."""
    chance = random.Random(SEED)
    names = [name for k, name in RECORDED if k == kind]
    bodies = [request(fixture(kind, name)).body for name in names]
    while True:
        name = chance.choice(names)
        asked = request(fixture(kind, name))
        noise = bytes([chance.choice(b"!*-.09AZ_az~")])
        if signs_body(kind):
            body = chance.choice(
                [_spoilt(asked.body, noise, chance), chance.choice(bodies) + noise]
            )
            yield name, replace(asked, body=body)
        else:
            header = chance.choice(about(kind)["signature_headers"])
            value = _spoilt(asked.headers[header].encode(), noise, chance)
            yield name, with_header(asked, header, value.decode("latin-1"))


def _spoilt(data: bytes, noise: bytes, chance: random.Random) -> bytes:
    at, to = chance.randrange(len(data)), chance.randrange(len(data))
    low, high = min(at, to), max(at, to) + 1
    return chance.choice(
        [
            data[:at] + noise + data[at:],
            data[:low] + noise * 2 + data[high:] + noise,
            data + b"&" + noise + b"=" + noise,
            data[:low] + noise * (high - low + 1) + data[high:],
        ]
    )


def distorted(kind: str) -> Iterator[tuple[str, WebhookRequest]]:
    """For ever: as if the provider had signed something odd."""
    chance = random.Random(SEED)
    names = [name for k, name in RECORDED if k == kind]
    while True:
        name = chance.choice(names)
        asked = request(fixture(kind, name))
        try:
            told = json.loads(asked.body)
        except ValueError:
            told = None
        if told is None or chance.random() < 0.1:
            at = chance.randrange(len(asked.body))
            body = asked.body[:at] + chance.randbytes(2) + asked.body[at + chance.randrange(3) :]
        else:
            body = json.dumps(_odd(told, chance)).encode()
        yield name, replace(asked, body=body)


def _odd(told: Any, chance: random.Random) -> Any:
    """With one or two places put wrong, missing or doubled."""
    for _ in range(chance.randrange(1, 3)):
        places = list(_places(told))
        if places:
            _change(*chance.choice(places), chance)
    return told


def _places(told: Any) -> Iterator[tuple[Any, Any]]:
    keys = told if isinstance(told, dict) else range(len(told)) if isinstance(told, list) else ()
    for key in keys:
        yield told, key
        yield from _places(told[key])


def _change(where: Any, key: Any, chance: random.Random) -> None:
    match chance.randrange(4):
        case 0:
            del where[key]
        case 1 if isinstance(where, list):
            where.append(deepcopy(where[key]))
        case 2:
            where[key] = [where[key]]
        case _:
            where[key] = deepcopy(chance.choice(ODD))
