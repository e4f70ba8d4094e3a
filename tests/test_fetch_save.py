"""Files written piece by piece: as safe as those that are read at once."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from connector import fetch
from connector.errors import Rejected, Transient
from connector.fetch import Fetcher, Source
from tests.contracts.loopback import Loopback, loopback, raw, reply

SECRET = "Basic canary-credential"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with loopback() as running:
        yield running


def save(server: Loopback, path: str = "/x") -> bytes:
    source = Source("zendesk", server.url, stand_in=True, authorization=lambda: SECRET)
    into = io.BytesIO()
    size = Fetcher(source).save(server.url + path, into)
    assert size == len(into.getvalue())
    return into.getvalue()


def test_a_file_is_written_whole_with_our_credential(server: Loopback) -> None:
    data = bytes(range(256)) * 1000
    server.then(reply(200, data))
    assert save(server) == data
    assert server.asked[0].headers["authorization"] == SECRET


def test_a_redirect_within_the_account_is_followed_and_elsewhere_refused(server: Loopback) -> None:
    server.then(reply(302, Location=f"{server.url}/y"), reply(200, b"there"))
    assert save(server) == b"there"
    with loopback() as canary:
        server.then(reply(302, Location=f"{canary.url}/x"))
        with pytest.raises(Rejected) as caught:
            save(server)
        assert caught.value.code == fetch.FORBIDDEN
        assert canary.asked == []


def test_what_breaks_off_is_an_error(server: Loopback) -> None:
    server.then(raw(b"HTTP/1.1 200 X\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf"))
    with pytest.raises(Transient):
        save(server)


def test_what_is_too_large_is_given_up(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MAX_FILE", 1000)
    server.then(reply(200, b"x" * 1001))
    with pytest.raises(Rejected) as caught:
        save(server)
    assert caught.value.code == fetch.TOO_LARGE


@pytest.mark.parametrize(("status", "error"), [(404, Rejected), (503, Transient), (401, Transient)])
def test_a_refusal_is_what_it_is(server: Loopback, status: int, error: type[Exception]) -> None:
    server.then(reply(status, {"error": "x"}))
    with pytest.raises(error):
        save(server)
