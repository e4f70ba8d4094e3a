"""The walls around outbound HTTP: hosts, repeats, size and time; and what failures mean."""

from __future__ import annotations

import contextlib
import gzip
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from connector import http
from connector.errors import ProviderError, Rejected, Transient, Uncertain
from connector.http import OutboundSession, check, retry_after, translate
from tests.contracts.loopback import Behaviour, Loopback, closed_port, drip, loopback, raw, reply
from tests.contracts.loopback import reset as broken
from tests.contracts.loopback import stall as silent

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with loopback() as running:
        yield running


def session(server: Loopback) -> OutboundSession:
    return OutboundSession(frozenset({f"127.0.0.1:{server.port}"}))


def failure(server: Loopback, behaviour: Behaviour, *, repeatable: bool = False) -> ProviderError:
    server.then(behaviour)
    with pytest.raises(requests.RequestException) as caught:
        session(server).post(server.url, data=b"x")
    return translate(caught.value, provider="p", operation="o", repeatable=repeatable)


def answered(status: int, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers.update({k.replace("_", "-"): v for k, v in headers.items()})
    return response


def judged(status: int, *, repeatable: bool = False) -> type[Exception] | None:
    if status < 300:
        check(answered(status), provider="p", operation="o", repeatable=repeatable)
        return None
    with pytest.raises(ProviderError) as caught:
        check(answered(status), provider="p", operation="o", repeatable=repeatable)
    error = caught.value
    assert (error.provider, error.operation, error.status) == ("p", "o", status)
    return type(error)


def test_other_hosts_are_never_called(server: Loopback) -> None:
    for url in (
        f"http://localhost:{server.port}/",
        f"http://me@127.0.0.1:{server.port}/",
        "http://127.0.0.1/",
    ):
        with pytest.raises(requests.exceptions.InvalidURL) as caught:
            session(server).get(url)
        error = translate(caught.value, provider="p", operation="o", repeatable=True)
        assert type(error) is Rejected
    assert server.asked == []


def test_redirects_are_not_followed(server: Loopback) -> None:
    server.then(reply(302, b"", Location=server.url))
    assert session(server).get(server.url, allow_redirects=True).status_code == 302
    assert len(server.asked) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("behaviour", [broken, raw(b""), reply(503, b"", Retry_After="0")])
def test_nothing_is_repeated(method: str, behaviour: Behaviour, server: Loopback) -> None:
    server.then(behaviour)
    with contextlib.suppress(requests.ConnectionError):
        assert session(server).request(method, server.url).status_code == 503
    assert len(server.asked) == 1


def test_netrc_adds_no_credentials(
    server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.then(reply(200), reply(200))
    session(server).get(server.url)
    session(server).get(server.url, auth=("us", "ours"))
    assert "authorization" not in server.asked[0].headers
    assert server.asked[1].headers["authorization"].startswith("Basic ")


def test_cookies_are_not_kept(server: Loopback) -> None:
    server.then(reply(200, b"", Set_Cookie="a=1"), reply(200))
    one = session(server)
    one.get(server.url)
    one.get(server.url)
    assert "cookie" not in server.asked[1].headers


def test_body_is_read_whole(server: Loopback) -> None:
    server.then(reply(200, {"a": "é" * 200_000}))
    assert session(server).get(server.url).json() == {"a": "é" * 200_000}


def test_chunked_and_packed_bodies_are_read(server: Loopback) -> None:
    server.then(
        raw(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
        reply(200, gzip.compress(b"abc"), Content_Encoding="gzip"),
    )
    assert session(server).get(server.url).content == b"abc"
    assert session(server).get(server.url).content == b"abc"


def test_connections_are_kept_alive() -> None:
    """The deadline belongs to an answer, not to the connection that carries the next one."""
    with loopback() as server:
        two = b"HTTP/1.1 200 X\r\nContent-Length: 1\r\n\r\na"
        server.then(_two_answers(two))
        one = session(server)
        assert one.get(server.url).content == b"a"
        assert one.get(server.url).content == b"a"
        assert len(server.asked) == 1  # the second came over the first's connection


def _two_answers(content: bytes) -> Behaviour:
    def act(connection: object, _: object) -> None:
        connection.sendall(content)  # type: ignore[attr-defined]
        assert connection.recv(65536)  # type: ignore[attr-defined]
        connection.sendall(content)  # type: ignore[attr-defined]

    return act


def test_bomb_is_cut_off(server: Loopback) -> None:
    bomb = gzip.compress(bytes(http.MAX_BODY * 4))
    error = failure(server, reply(200, bomb, Content_Encoding="gzip"))
    assert type(error) is Uncertain


@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.1 200 X\r\nContent-Length: 9000\r\n\r\n" + b"a" * 9000,
        b"HTTP/1.1 200 X\r\n" + b"X-A: b\r\n" * 90 + b"\r\n",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 900,
    ],
    ids=["body", "headers", "chunks"],
)
def test_answer_that_drips_ends_at_the_deadline(
    content: bytes, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time for a read timeout; all of them together do not."""
    monkeypatch.setattr(http, "TOTAL_SECONDS", 0.4)
    began = time.monotonic()
    assert type(failure(server, drip(content, 0.01))) is Uncertain
    assert 0.3 < time.monotonic() - began < 3


def test_silence_ends_at_the_read_timeout(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "READ_SECONDS", 0.2)
    assert type(failure(server, silent)) is Uncertain
    assert type(failure_again(silent)) is Transient


def failure_again(behaviour: Behaviour) -> ProviderError:
    with loopback() as other:
        return failure(other, behaviour, repeatable=True)


@pytest.mark.parametrize(
    "behaviour", [broken, raw(b""), raw(b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\na")]
)
def test_broken_answers_are_uncertain_unless_repeatable(
    behaviour: Behaviour, server: Loopback
) -> None:
    assert type(failure(server, behaviour)) is Uncertain
    assert type(failure(server, behaviour, repeatable=True)) is Transient


@pytest.mark.parametrize(
    "url", [closed_port(), "http://nowhere.invalid:1"], ids=["closed port", "no such host"]
)
def test_unreached_provider_saw_nothing(url: str) -> None:
    with pytest.raises(requests.ConnectionError) as caught:
        OutboundSession(frozenset({url.removeprefix("http://")})).post(url)
    assert type(translate(caught.value, provider="p", operation="o")) is Transient


def test_proxy_that_is_down_or_refuses_let_nothing_through(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.then(reply(403))
    one = OutboundSession(frozenset({"provider.invalid"}))
    for proxy in (closed_port(), server.url):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "")
        with pytest.raises(requests.exceptions.ProxyError) as caught:
            one.post("https://provider.invalid/")
        assert type(translate(caught.value, provider="p", operation="o")) is Transient


def test_transport_errors_tell_no_text(server: Loopback) -> None:
    error = failure(server, raw(b"customer text"))
    assert str(error).startswith("p o: ")
    assert "customer" not in str(error)


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ((200, 201, 204, 299), None),
        ((301, 302, 307, 401, 403, 408, 425, 429, 503, 529), Transient),
        ((400, 404, 405, 409, 410, 413, 422, 499), Rejected),
        ((500, 501, 502, 504, 599), Uncertain),
    ],
)
def test_statuses(statuses: tuple[int, ...], kind: type[Exception] | None) -> None:
    assert {judged(status) for status in statuses} == {kind}


def test_server_errors_of_a_repeatable_call_may_be_repeated() -> None:
    assert judged(500, repeatable=True) is Transient
    assert judged(404, repeatable=True) is Rejected


def test_refusal_carries_code_and_meaning() -> None:
    with pytest.raises(Rejected) as refusal:
        check(answered(400), provider="p", operation="o", code="7", meaning="in words")
    assert (refusal.value.code, refusal.value.meaning) == ("7", "in words")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("1.5", 1.5),
        ("0", 0),
        ("-3", 0),
        ("1e12", 365 * 86400),
        ("inf", 365 * 86400),
        ("Tue, 24 Nov 2026 12:01:30 GMT", 90),
        ("Tue, 24 Nov 2026 12:01:30 -0000", 90),
        ("Tue, 24 Nov 2026 13:01:30 +0100", 90),
        ("Mon, 23 Nov 2026 12:00:00 GMT", 0),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Tue, 99 Nov 2026 12:01:30 GMT", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after({"Retry-After": value}, NOW) == expected
    assert retry_after({}, NOW) is None


@given(st.text(st.characters(codec="latin-1")))
def test_any_retry_after_is_read_or_ignored(value: str) -> None:
    waited = retry_after({"Retry-After": value}, NOW)
    assert waited is None or timedelta(0) <= waited <= timedelta(days=365)
