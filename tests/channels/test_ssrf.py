"""RELIABILITY section 3: whatever address a file is said to have, nothing inside is called.

Every kind of channel that fetches files, against every spelling of an address inside, given as it is,
by the provider's own answer, by a redirect, and by a name that leads elsewhere the second time it
is asked for. The canary is this machine: each connection that is tried is seen, by an audit hook.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

import pytest

from connector.channels.base import Channel, FetchesMedia
from connector.domain.conversation import Media
from connector.errors import ProviderError
from tests.contracts.kinds import KINDS, any_channel
from tests.contracts.loopback import Behaviour, Loopback, loopback, reply

FETCHING = [kind for kind in KINDS if isinstance(any_channel(kind), FetchesMedia)]
PUBLIC = "93.184.216.34"
each_kind = pytest.mark.parametrize("kind", FETCHING)
HOSTS = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "017700000001", "0177.0x0.0.1", "127.000.000.001", "0", "0.0.0.0", "127.127.127.127",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25lo]", "[fc00::1]",
    "localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "ip6-localhost",
    "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "loc%61lhost", "127.0.0.1%00.example.com",
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "198.18.0.1",
    "169.254.169.254", "[fd00:ec2::254]", "metadata.google.internal", "0xa9fea9fe", "2852039166",
    "api.twilio.com@127.0.0.1", "127.0.0.1#@api.twilio.com", "127.0.0.1?@api.twilio.com",
    "127.0.0.1\\@api.twilio.com", "api.twilio.com:80@127.0.0.1", "127.0.0.1\t", "127.0.0.1\r\nX: y",
    "rebinding.example.com", "private.example.com", "127.0.0.1.nip.io",
)  # fmt: skip
SCHEMES = ("http://", "https://", "//", "HTTP://", "file://", "gopher://", "ftp://", "dict://")

INSIDE = frozenset({"localhost", "ip6-localhost", "private.example.com", "127.0.0.1.nip.io",
                    "metadata.google.internal"})  # fmt: skip

REAL = socket.getaddrinfo

_tried: list[Any] = []
_watching = False


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not (_watching and event == "socket.connect"):
        return
    host, port = str(arguments[1][0]), arguments[1][1]
    _tried.append((host, port))
    if not ip_address(host.partition("%")[0]).is_loopback:
        raise OSError("nobody outside is called")


sys.addaudithook(_audit)


@pytest.fixture(autouse=True)
def _watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Names lead where an attacker would have them lead; no name server is asked."""
    asked: dict[str, int] = {}

    def answer(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        with suppress(OSError):
            return list(REAL(host, port, *rest, **{**more, "flags": socket.AI_NUMERICHOST}))
        name = str(host).lower().rstrip(".")
        asked[name] = asked.get(name, 0) + 1
        # A provider's API is at a name that no address from outside has a say in.
        local = name in INSIDE or (name == "rebinding.example.com" and asked[name] > 1)
        return list(REAL("127.0.0.1" if local else PUBLIC, port, *rest, **more))

    global _watching
    monkeypatch.setattr(socket, "getaddrinfo", answer)
    _tried.clear()
    _watching = True
    yield
    _watching = False


@pytest.fixture
def provider() -> Iterator[Loopback]:
    with loopback() as server:
        yield server


def addresses(schemes: tuple[str, ...]) -> list[str]:
    inside = [f"{scheme}{host}:8080/x" for scheme in schemes for host in HOSTS]
    inside += [f"http://{host}/x" for host in HOSTS]
    odd = ("/\\127.0.0.1:8080/x", "http:127.0.0.1:8080/x", "\x00http://127.0.0.1:8080/x")
    return [*inside, *odd]


def fetched(channel: Channel, url: str) -> None:
    assert isinstance(channel, FetchesMedia)
    with pytest.raises(ProviderError):
        channel.fetch(Media(url, "image/png"), "a.png")


def inside(canary: int) -> list[Any]:
    """Connections to anywhere but a public address and the stand-in."""
    found = [(ip_address(host.partition("%")[0]), port) for host, port in _tried]
    return [each for each in found if not each[0].is_global and each[1] != canary]


def test_kinds_that_fetch_are_known() -> None:
    assert set(FETCHING) >= {"twilio", "whatsapp_cloud", "telegram", "messenger", "webhook"}


@each_kind
def test_an_address_inside_is_never_called(kind: str) -> None:
    channel = any_channel(kind)
    for url in addresses(SCHEMES):
        fetched(channel, url)
    assert inside(0) == []


def answers(url: str) -> list[Behaviour]:
    """A provider, or who speaks for it, that sends us inside: in each way that a kind might follow."""
    ascii_only = url.encode("latin-1", "replace").decode("latin-1").replace("\r\n", "")
    told = {"url": url, "ok": True, "result": {"file_path": url}, "link": url}
    return [reply(302, b"", Location=ascii_only), reply(200, told)]


@each_kind
def test_nor_where_the_provider_says_so(kind: str, provider: Loopback) -> None:
    """By a redirect, or by an address in its answer."""
    channel = any_channel(kind, base_url=provider.url)
    for url in addresses(SCHEMES[:3]):
        for behaviour in answers(url):
            provider.behaviours[:] = [behaviour]
            fetched(channel, f"{provider.url}/media/1")
    assert inside(provider.port) == []
    # The stand-in itself gets the credential; nobody else was called at all.
    assert {port for _, port in _tried} <= {provider.port, 443, 80}


@pytest.mark.parametrize("first", [(), (PUBLIC,)], ids=["private", "rebinding"])
@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("twilio", "https://api.twilio.com/2010-04-01/x"),
        ("twilio", "https://mms.twiliocdn.com/x"),
        ("messenger", "https://scontent.fbsbx.com/x"),
    ],
)
def test_nor_a_listed_name_that_leads_inside(
    kind: str, url: str, first: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a provider's own names had been taken over."""
    left = [*first]

    def answer(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        with suppress(OSError):  # an address is no name
            return list(REAL(host, port, *rest, **{**more, "flags": socket.AI_NUMERICHOST}))
        return list(REAL(left.pop() if left else "127.0.0.1", port, *rest, **more))

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    fetched(any_channel(kind), url)
    assert inside(0) == []
    assert bool(_tried) is bool(first)
