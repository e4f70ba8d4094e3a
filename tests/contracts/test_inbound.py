"""What every channel promises about requests that come in (A02, A04, A12)."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from connector import errors
from connector.channels.base import WebhookRequest
from connector.errors import BadSignature
from tests.contracts.kinds import (
    FIXTURES,
    KINDS,
    RECORDED,
    about,
    any_channel,
    channel,
    fixture,
    plain,
    request,
    with_header,
)

recorded = pytest.mark.parametrize(("kind", "name"), RECORDED)
each_kind = pytest.mark.parametrize("kind", KINDS)


def refused(kind: str, name: str, asked: WebhookRequest) -> bool:
    adapter = channel(kind, fixture(kind, name)["channel"])
    try:
        adapter.verify(asked)
    except BadSignature:
        return True
    return False


def flipped(data: bytes, at: int, bit: int) -> bytes:
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


@each_kind
def test_every_fixture_is_declared(kind: str) -> None:
    files = {path.stem for path in (FIXTURES / kind).iterdir()} - {"channel"}
    assert files == set(about(kind)["requests"])


def test_every_kind_has_fixtures_and_every_folder_a_kind() -> None:
    folders = {path.parent.name for path in FIXTURES.glob("*/channel.json")}
    assert folders == set(KINDS)
    assert {kind for kind, _ in RECORDED} == set(KINDS)


@recorded
def test_signed_request_passes_and_parses_as_expected(kind: str, name: str) -> None:
    """A02, A03, A04, A08, A09: accepted, and read as the file says."""
    told = fixture(kind, name)
    adapter = channel(kind, told["channel"])
    asked = request(told)
    adapter.verify(asked)
    if "error" in told:
        with pytest.raises(getattr(errors, told["error"])) as refusal:
            adapter.parse(asked)
        assert 400 <= refusal.value.status < 500
    else:
        events = adapter.parse(asked)
        assert [plain(event) for event in events] == told["expected"]
        assert all(json.loads(json.dumps(event.raw)) == event.raw for event in events)


@recorded
def test_every_flipped_byte_is_refused(kind: str, name: str) -> None:
    """A02: no byte of body or signature may change."""
    asked = request(fixture(kind, name))
    for at in range(len(asked.body)):
        for bit in (1, 2, 4):
            assert refused(kind, name, replace(asked, body=flipped(asked.body, at, bit))), at
    for header in about(kind)["signature_headers"]:
        value = asked.headers[header].encode()
        for at in range(len(value)):
            changed = flipped(value, at, 1).decode("latin-1")
            assert refused(kind, name, with_header(asked, header, changed)), (header, at)


@recorded
def test_missing_and_empty_signatures_are_refused(kind: str, name: str) -> None:
    """A02."""
    asked = request(fixture(kind, name))
    for header in about(kind)["signature_headers"]:
        for value in (None, "", " ", "é\udcff"):
            assert refused(kind, name, with_header(asked, header, value))


@each_kind
def test_two_thousand_mutations_are_refused(kind: str) -> None:
    """A02: bytes inserted, cut out, moved, doubled; the body of one under another's signature."""
    chance = random.Random(20261124)
    names = [name for k, name in RECORDED if k == kind]
    bodies = [request(fixture(kind, name)).body for name in names]
    for _ in range(2_500):
        name = chance.choice(names)
        asked = request(fixture(kind, name))
        at, to = chance.randrange(len(asked.body)), chance.randrange(len(asked.body))
        low, high = min(at, to), max(at, to) + 1
        noise = bytes([chance.choice(b"!*-.09AZ_az~")])
        body = chance.choice(
            [
                asked.body[:at] + noise + asked.body[at:],
                asked.body[:low] + noise + asked.body[high:],
                asked.body + b"&" + noise + b"=" + noise,
                asked.body[:low] + noise * (high - low + 1) + asked.body[high:],
                chance.choice(bodies) + noise,
            ]
        )
        assert refused(kind, name, replace(asked, body=body)), (name, body)


@each_kind
def test_acknowledgement_is_a_success(kind: str) -> None:
    reply = any_channel(kind).acknowledge()
    assert 200 <= reply.status < 300
    assert reply.content_type
