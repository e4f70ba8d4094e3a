"""What every channel promises about sending: each ending is one of three errors, or an id."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from connector import errors, http
from connector.channels.base import LooksUpSent
from connector.errors import ProviderError, Rejected, Transient, Uncertain
from tests.contracts.kinds import KINDS, about, any_channel, outbound
from tests.contracts.loopback import (
    Behaviour,
    Loopback,
    closed_port,
    loopback,
    raw,
    reply,
    reset,
    stall,
)

each_kind = pytest.mark.parametrize("kind", KINDS)
REFUSALS = [(kind, row) for kind in KINDS for row in about(kind)["refusals"]]


def unproven(kind: str) -> type[ProviderError]:
    """What an ending means that may have been a success."""
    return Transient if about(kind).get("repeatable") else Uncertain


@pytest.fixture
def provider() -> Iterator[Loopback]:
    with loopback() as server:
        yield server


def fails(kind: str, url: str) -> ProviderError:
    with pytest.raises(ProviderError) as failure:
        any_channel(kind, base_url=url).send(outbound(kind))
    told = f"{failure.value} {vars(failure.value)}"
    message = outbound(kind)
    assert message.text not in told
    assert message.customer not in told
    return failure.value


def fails_after(kind: str, provider: Loopback, behaviour: Behaviour) -> ProviderError:
    provider.then(behaviour)
    error = fails(kind, provider.url)
    assert len(provider.asked) == 1, "nothing is repeated on its own"
    return error


@each_kind
def test_taken_message_gives_the_providers_id(kind: str, provider: Loopback) -> None:
    taken = about(kind)["taken"]
    provider.then(reply(taken["status"], taken["body"]))
    assert any_channel(kind, base_url=provider.url).send(outbound(kind)) == taken["id"]


@pytest.mark.parametrize(("kind", "row"), REFUSALS)
def test_refusals(kind: str, row: dict[str, Any], provider: Loopback) -> None:
    error = fails_after(kind, provider, reply(row["status"], row["body"]))
    assert type(error) is getattr(errors, row["error"])
    assert (error.status, error.code) == (row["status"], row["code"])
    if isinstance(error, Rejected):
        assert " " in error.meaning  # words, not a code


@each_kind
@pytest.mark.parametrize("status", [401, 403, 429])
def test_statuses_of_a_request_that_was_not_taken(
    kind: str, status: int, provider: Loopback
) -> None:
    assert type(fails_after(kind, provider, reply(status, b"<html>"))) is Transient


@each_kind
@pytest.mark.parametrize("status", [500, 502, 504])
def test_statuses_that_tell_nothing(kind: str, status: int, provider: Loopback) -> None:
    assert type(fails_after(kind, provider, reply(status, b"<html>"))) is unproven(kind)


@each_kind
@pytest.mark.parametrize("status", [503, 529])
def test_overload_is_never_a_refusal(kind: str, status: int, provider: Loopback) -> None:
    assert type(fails_after(kind, provider, reply(status, b""))) in (Transient, Uncertain)


@each_kind
def test_redirect_is_not_followed(kind: str, provider: Loopback) -> None:
    there = reply(302, b"", Location=f"{provider.url}/elsewhere")
    assert type(fails_after(kind, provider, there)) is Transient


@each_kind
def test_retry_after_in_every_form(kind: str, provider: Loopback) -> None:
    """Seconds, a date, none, nonsense (A43)."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    waits = []
    for value in ("7", date, "soon", None):
        headers = {} if value is None else {"Retry_After": value}
        provider.then(reply(429, b"", **headers))
        error = fails(kind, provider.url)
        assert isinstance(error, Transient)
        waits.append(error.retry_after)
    assert waits[0] == timedelta(seconds=7)
    assert waits[1] is not None
    assert timedelta(seconds=60) < waits[1] <= timedelta(seconds=90)
    assert waits[2:] == [None, None]


@each_kind
@pytest.mark.parametrize(
    "behaviour",
    [
        reset,
        raw(b""),
        raw(b"HTTP/1.1 201 X\r\nContent-Length: 500\r\n\r\n{"),
        raw(b"nonsense\r\n\r\n"),
        reply(201, b"<html>fine</html>"),
        reply(201, b"[" * 100_000),
        reply(200, {}),
        reply(200, b"\xff\xfe\xfd"),
        reply(200, b"not gzip", Content_Encoding="gzip"),
    ],
    ids=["reset", "closed", "half", "no-http", "page", "deep", "no-id", "bytes", "bad-gzip"],
)
def test_lost_answers(kind: str, behaviour: Behaviour, provider: Loopback) -> None:
    """It may have been taken: never repeated without asking, unless that does no harm."""
    assert type(fails_after(kind, provider, behaviour)) is unproven(kind)


@each_kind
def test_no_answer_in_time(kind: str, provider: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "READ_SECONDS", 0.2)
    assert type(fails_after(kind, provider, stall)) is unproven(kind)


@each_kind
def test_refused_connection_was_not_taken(kind: str) -> None:
    assert type(fails(kind, closed_port())) is Transient


@each_kind
def test_look_up_that_fails_is_repeated(kind: str, provider: Loopback) -> None:
    def hang_up(connection: socket.socket, _: threading.Event) -> None:
        connection.shutdown(socket.SHUT_RDWR)

    adapter = any_channel(kind, base_url=provider.url)
    if not isinstance(adapter, LooksUpSent):
        pytest.skip(f"{kind} can't be asked what it took")
    since = datetime.now(UTC)
    for behaviour in (reply(500), reply(404), reply(400, {}), reply(200, b"<"), reset, hang_up):
        provider.then(behaviour)
        with pytest.raises(Transient):
            adapter.find_sent(outbound(kind), since, frozenset())
