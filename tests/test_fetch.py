"""Files by an address from outside: no machine of ours is called, no credential is handed out."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import responses

from connector import fetch
from connector.errors import Rejected, Transient
from connector.fetch import Fetched, Fetcher, Source
from connector.kinds import file_of
from tests.contracts.loopback import Loopback, loopback, reply
from tests.contracts.loopback import reset as broken

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
SECRET = "Basic canary-credential"
CDN = "https://mms.twiliocdn.com/AC1/photo"
API = "https://api.twilio.com/2010-04-01/Media/ME1"


@pytest.fixture
def canary() -> Iterator[Loopback]:
    with loopback() as running:
        yield running


def official(**more: Any) -> Fetcher:
    given: dict[str, Any] = {"hosts": ("mms.twiliocdn.com", ".cdn.example.com")}
    given |= {"authorization": lambda: SECRET} | more
    return Fetcher(Source("twilio", "https://api.twilio.com", **given))


def stand_in(server: Loopback) -> Fetcher:
    return Fetcher(
        Source("twilio", server.url, stand_in=True, authorization=lambda: SECRET,
               hosts=("mms.twiliocdn.com",))
    )  # fmt: skip


def resolves(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Every name leads to these; gives the names that were asked for."""
    asked: list[str] = []

    real = socket.getaddrinfo

    def answer(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        if rest:  # not the fetcher's: a twin that is being closed, for one
            return list(real(host, port, *rest, **more))
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


@pytest.mark.parametrize(
    "address",
    [
        "http://{canary}/x",
        "https://{canary}/x",
        "http://api.twilio.com/x",
        "https://api.twilio.com:444/x",
        "https://api.twilio.com@{canary}/x",
        "https://{canary}#@api.twilio.com/x",
        "https://{canary}?@api.twilio.com/x",
        "https://{canary}\\@api.twilio.com/x",
        "https://api.twilio.com\\@{canary}/x",
        "https://api.twilio.com.evil.example/x",
        "https://evil-api.twilio.com/x",
        "https://cdn.example.com/x",
        "https://xcdn.example.com/x",
        "https://localhost/x",
        "https://127.1/x",
        "https://2130706433/x",
        "https://0x7f000001/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://169.254.169.254/latest/meta-data/",
        "https://api.twilio.com\t.evil.example/x",
        "https://api.twilio.com\r\nHost: evil/x",
        " https://api.twilio.com/x",
        "https://apı.twilio.com/x",
        "file:///etc/passwd",
        "ftp://api.twilio.com/x",
        "gopher://{canary}/x",
        "//{canary}/x",
        "data:text/plain,x",
        "",
    ],
)
def test_an_address_of_another_host_is_refused_without_a_call(
    canary: Loopback, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    names = resolves(monkeypatch, "127.0.0.1")
    url = address.replace("{canary}", f"127.0.0.1:{canary.port}")
    with pytest.raises(Rejected) as caught:
        official().get(url)
    assert caught.value.code == fetch.FORBIDDEN
    assert (canary.asked, names) == ([], [])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
        "::1", "::", "fe80::1%eth0", "fc00::1", "fd12::1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
        "2002:a00:1::", "2001:0:a00:1::", "ff02::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_a_listed_name_that_leads_into_a_private_network_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    assert not fetch.public(address)
    monkeypatch.setattr(socket, "create_connection", _no_connection)
    # Beside a public address too.
    resolves(monkeypatch, "93.184.216.34", address)
    with pytest.raises(Rejected) as caught:
        official().get(CDN)
    assert caught.value.code == fetch.FORBIDDEN


def _no_connection(*_: Any, **__: Any) -> socket.socket:
    raise AssertionError("a connection was tried")


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::6810:1", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert fetch.public(address)


def test_a_name_that_changes_is_resolved_once_and_the_checked_address_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: public while it is checked, private a moment later."""
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1", "127.0.0.1"])
    called: list[str] = []

    def answer(_: str, port: int, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        called.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(Transient):
        official().get(CDN)
    assert called == ["93.184.216.34"]


def test_an_unknown_name_may_be_known_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Transient):
        official().get(CDN)


def test_the_stand_in_is_the_providers_own_and_gets_the_credential(canary: Loopback) -> None:
    canary.then(reply(200, PNG, Content_Type="image/png; x=y"))
    got = stand_in(canary).get(f"{canary.url}/Media/ME1")
    assert (got.data, got.declared) == (PNG, "image/png")
    assert canary.asked[0].headers["authorization"] == SECRET


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1:1/x", "https://169.254.169.254/", "//evil.example/x", "file:///etc/passwd"],
)
def test_a_redirect_is_checked_like_the_first_address(canary: Loopback, location: str) -> None:
    canary.then(reply(307, b"", Location=location))
    with pytest.raises(Rejected) as caught:
        stand_in(canary).get(f"{canary.url}/Media/ME1")
    assert caught.value.code == fetch.FORBIDDEN
    assert len(canary.asked) == 1


def test_a_redirect_within_the_first_host_keeps_the_credential_and_ends(canary: Loopback) -> None:
    canary.then(reply(302, b"", Location="/there"), reply(200, PNG))
    assert stand_in(canary).get(f"{canary.url}/here").data == PNG
    assert [a.headers.get("authorization") for a in canary.asked] == [SECRET, SECRET]
    canary.then(*[reply(302, b"", Location="/again")] * 9)
    with pytest.raises(Rejected):
        stand_in(canary).get(f"{canary.url}/here")
    assert len(canary.asked) == 2 + fetch.HOPS


def test_the_credential_goes_to_the_first_host_only() -> None:
    with responses.RequestsMock() as mock:
        mock.get(API, status=307, headers={"Location": CDN})
        mock.get(CDN, status=307, headers={"Location": f"{API}2"})
        mock.get(f"{API}2", body=PNG)
        assert official().get(API).data == PNG
        sent = [call.request.headers.get("Authorization") for call in mock.calls]
    assert sent == [SECRET, None, None]


def test_a_listed_host_that_is_not_the_providers_own_never_gets_it() -> None:
    with responses.RequestsMock() as mock:
        mock.get("https://a.cdn.example.com/x", body=PNG)
        official().get("https://a.cdn.example.com/x")
        assert "Authorization" not in mock.calls[0].request.headers


def test_no_proxy_is_asked(canary: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would resolve the name for itself."""
    with loopback() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        canary.then(reply(200, PNG))
        stand_in(canary).get(f"{canary.url}/x")
        assert proxy.asked == []


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_said_to_be(canary: Loopback, status: int) -> None:
    canary.then(reply(status))
    with pytest.raises(Rejected) as caught:
        stand_in(canary).get(f"{canary.url}/x")
    assert (caught.value.code, caught.value.meaning) == (
        fetch.GONE, "the provider no longer has it",
    )  # fmt: skip


@pytest.mark.parametrize("behaviour", [reply(500), reply(503), reply(401), broken])
def test_a_failure_may_be_over_later(canary: Loopback, behaviour: Any) -> None:
    canary.then(behaviour)
    with pytest.raises(Transient):
        stand_in(canary).get(f"{canary.url}/x")


def test_the_limit_counts_what_comes_not_what_is_declared(
    canary: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch._Direct, "max_body", 1000)
    canary.then(reply(200, b"x" * 1000), reply(200, b"x" * 1001))
    assert len(stand_in(canary).get(f"{canary.url}/x").data) == 1000
    with pytest.raises(Rejected) as caught:
        stand_in(canary).get(f"{canary.url}/x")
    assert caught.value.code == fetch.TOO_LARGE
    assert "25 MB" in caught.value.meaning


def test_25_mb_is_the_limit() -> None:
    assert fetch._PinnedSession.max_body == 25 * 1024 * 1024


VCARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana\r\nEND:VCARD\r\n"


@pytest.mark.parametrize(
    ("data", "declared", "name", "kind"),
    [
        (PNG, "image/png", "a.png", "image/png"),
        (PNG, "text/html", "a.png", "image/png"),  # it is what it is
        (PNG, "application/x-msdownload", "a.png", "image/png"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 32, "", "a.jpg", "image/jpeg"),
        (b"%PDF-1.7\n" + b"x" * 32, "application/pdf", "a.pdf", "application/pdf"),
        (b"GIF89a" + b"\0" * 32, "image/gif", "a.gif", "image/gif"),
        (b"#!AMR\n" + b"\0" * 32, "audio/amr", "a.amr", "audio/amr"),
        (b"OggS" + b"\0" * 32, "audio/ogg", "a.ogg", "audio/ogg"),
        (VCARD, "text/vcard", "a.vcf", "text/vcard"),
        (VCARD, "text/x-vcard; charset=utf-8", "a.vcf", "text/x-vcard"),
        ("Grüße".encode(), "text/plain", "a.txt", "text/plain"),
    ],
)
def test_a_file_is_what_its_content_is(data: bytes, declared: str, name: str, kind: str) -> None:
    got = file_of(Fetched(data, "x/y"), "a.exe", "twilio", declared)
    assert (got.name, got.content_type, got.data) == (name, kind, data)


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        (b"MZ" + b"\0" * 200, "image/png"),
        (b"\x7fELF" + b"\0" * 64, "image/png"),
        (b"<html><script>alert(1)</script></html>", "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"PK\x03\x04" + b"\0" * 64, "application/zip"),
        (b"\x00\x01\x02 not text", "text/plain"),
        (b"\xff\xfe\xfd", "text/plain"),
        (b"words", "image/png"),
        (b"", "image/png"),
    ],
)
def test_what_is_not_passed_on(data: bytes, declared: str) -> None:
    with pytest.raises(Rejected) as caught:
        file_of(Fetched(data, declared), "a", "twilio", declared)
    assert caught.value.meaning.startswith("it is ")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("photo.jpeg", "photo.png"),
        ("../../etc/passwd.txt", "etc_passwd.png"),
        ('a"\r\nX: y', "a_X_ y.png"),
        ("", "file.png"),
        ("...", "file.png"),
        ("x" * 500, "x" * 80 + ".png"),
    ],
)
def test_a_name_trips_nobody(given: str, name: str) -> None:
    assert file_of(Fetched(PNG, ""), given, "twilio").name == name
