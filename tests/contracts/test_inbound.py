"""What every channel promises about requests that come in (A02, A04, A12)."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, replace
from functools import cache, partial
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import Connection, Table, func, select

from connector import errors
from connector.channels.base import Unread, WebhookRequest
from connector.errors import BadSignature
from connector.storage import engine, schema
from connector.storage.tables import conversations, inbox
from connector.web.app import Web, create_app
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
from tests.contracts.noise import distorted, mutated, signs_body
from tests.pipeline.rig import Rig

recorded = pytest.mark.parametrize(("kind", "name"), RECORDED)
each_kind = pytest.mark.parametrize("kind", KINDS)


# Adapters hold no state, and making one costs more than what most tests here do with it.
made = cache(channel)


def refused(kind: str, name: str, asked: WebhookRequest) -> bool:
    adapter = made(kind, fixture(kind, name)["channel"])
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
        assert refusal.value.status < 500
    else:
        events = adapter.parse(asked)
        assert [plain(event) for event in events] == told["expected"]
        raw = [event.raw for event in events if not isinstance(event, Unread)]
        assert all(json.loads(json.dumps(each)) == each for each in raw)


@recorded
def test_every_flipped_byte_is_refused(kind: str, name: str) -> None:
    """A02: no byte of body or signature may change."""
    asked = request(fixture(kind, name))
    for at in range(len(asked.body) if signs_body(kind) else 0):
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
def test_thousands_of_mutations_are_refused(kind: str) -> None:
    """A02. Of each kind 10,000."""
    for name, asked in islice(mutated(kind), 10_000):
        assert refused(kind, name, asked), (name, asked)


def rows(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


@each_kind
def test_mutations_are_answered_401_and_nothing_is_stored(kind: str, tmp_path: Path) -> None:
    """A02, over HTTP: not a byte of what nobody signed reaches the database."""
    db = engine.connect(f"sqlite:///{tmp_path}/connector.db")
    schema.migrate(db)
    some = next(iter(Rig(db).parts.channels.values()))
    ours = {n: replace(some, name=n, adapter=channel(kind, n)) for n in about(kind)["channels"]}
    parts = replace(Rig(db).parts, channels=ours)
    client = create_app(Web(parts, "https://connector.example.com", dict)).test_client()
    answers = set()
    for name, asked in islice(mutated(kind), 300):
        path = f"/webhooks/channels/{fixture(kind, name)['channel']}"
        answer = client.post(path, data=asked.body, headers=dict(asked.headers))
        answers.add(answer.status_code)
    stored = [db.read(partial(rows, table=table)) for table in (inbox, conversations)]
    db.close()
    assert (answers, stored) == ({401}, [0, 0])


@each_kind
def test_no_body_breaks_the_reading(kind: str) -> None:
    """What was signed and makes no sense is refused or skipped; what is read can be stored."""
    for name, asked in islice(distorted(kind), 3_000):
        adapter = made(kind, fixture(kind, name)["channel"])
        try:
            events = adapter.parse(asked)
        except errors.WebhookError:
            continue
        for event in events:
            json.dumps(asdict(event), ensure_ascii=False).encode()
            if isinstance(event, Unread):
                continue
            assert event.id, asked
            assert event.customer, asked


@recorded
def test_reading_takes_a_millisecond_at_most(kind: str, name: str) -> None:
    told = fixture(kind, name)
    adapter, asked = channel(kind, told["channel"]), request(told)

    def seconds() -> float:
        began = time.perf_counter()
        with suppress(errors.WebhookError):
            adapter.parse(asked)
        return time.perf_counter() - began

    assert min(seconds() for _ in range(5)) < 0.001


@each_kind
def test_acknowledgement_is_a_success(kind: str) -> None:
    reply = any_channel(kind).acknowledge()
    assert 200 <= reply.status < 300
    assert reply.content_type
