"""Files by an address that came from outside: from a provider's hosts only, and bounded.

Who controls such an address wants us to call a machine of ours, or to hand a credential out
(server-side request forgery). So the host has to be listed; its name is resolved once and the
connection goes to the very address that was checked, which must be a public one; each redirect is
checked anew; and a credential goes to the first host only, where that is the provider's own.
Files do not go through a proxy: a proxy would resolve the name a second time.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from connector.domain.files import MAX_FILE
from connector.errors import ProviderError, Rejected
from connector.http import (
    CHUNK,
    Adapter,
    Connection,
    OutboundSession,
    SecureConnection,
    TooLong,
    check,
    translate,
)

HOPS = 5
OPERATION = "fetch_file"
FORBIDDEN, GONE, TOO_LARGE = "forbidden_address", "gone", "too_large"
_URL = re.compile(r"https?://[!-\[\]-~]{1,2000}")  # printable ASCII without a backslash
_HOST = re.compile(r"[a-z0-9.\-]{1,253}(:[0-9]{1,5})?")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # an IPv4 address in disguise
_ADDRESSES_TRIED = 3


@dataclass(frozen=True)
class Source:
    """Where one account's files are, and what opens them."""

    provider: str
    root: str  # the provider's own, with scheme: https://api.twilio.com, or a stand-in
    stand_in: bool = False  # `root` was configured: it may be on this machine or network
    hosts: tuple[str, ...] = ()  # others that serve its files over https; ".x.com": any below x.com
    authorization: Callable[[], str] | None = field(default=None, repr=False)

    @property
    def own(self) -> str:
        return urlsplit(self.root).netloc.lower()


@dataclass(frozen=True)
class Fetched:
    data: bytes = field(repr=False)
    declared: str  # the content type as the server calls it, without parameters


class ForbiddenAddress(Exception):
    """Raised within a connection. No OSError: urllib3 would take it for a failure of the network."""


def public(address: str) -> bool:
    """Whether this is an address in the Internet: not this machine, its networks, or a disguise."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return public(str(ip.ipv4_mapped))
        if ip in _NAT64 or ip.sixtofour is not None or ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast


def _addresses(connection: HTTPConnection) -> list[str]:
    host = connection.host.strip("[]")
    try:
        found = socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise NameResolutionError(host, connection, error) from error
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    # One private address among public ones is an attack, or a mistake that helps one.
    if not addresses or not all(public(each) for each in addresses):
        raise ForbiddenAddress
    return addresses[:_ADDRESSES_TRIED]


def _connect(connection: HTTPConnection) -> socket.socket:
    """To an address that was checked. The name stays for TLS and the Host header."""
    failure: Exception | None = None
    for address in _addresses(connection):
        try:
            sock = socket.create_connection((address, connection.port), _seconds(connection))
        except TimeoutError:
            failure = ConnectTimeoutError(connection, "timed out")
        except OSError as error:
            failure = NewConnectionError(connection, type(error).__name__)
        else:
            sys.audit("http.client.connect", connection, connection.host, connection.port)
            return sock
    assert failure is not None  # noqa: S101 - there was at least one address
    raise failure


def _seconds(connection: HTTPConnection) -> float | None:
    return connection.timeout if isinstance(connection.timeout, int | float) else None


class _Pinned(Connection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _SecurePinned(SecureConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _PinnedPool(HTTPConnectionPool):
    ConnectionCls = _Pinned


class _SecurePinnedPool(HTTPSConnectionPool):
    ConnectionCls = _SecurePinned


class _PinnedAdapter(Adapter):
    pools = {"http": _PinnedPool, "https": _SecurePinnedPool}  # noqa: RUF012 - as its base has it


class _Direct(OutboundSession):
    max_body = MAX_FILE

    def merge_environment_settings(self, url: Any, *rest: Any, **named: Any) -> Any:
        """Without proxies."""
        return {**super().merge_environment_settings(url, *rest, **named), "proxies": {}}


class _PinnedSession(_Direct):
    adapter = _PinnedAdapter


class _Streaming(_Direct):
    def take(self, response: requests.Response) -> None:
        """Whoever asked reads it."""


class _PinnedStreaming(_Streaming):
    adapter = _PinnedAdapter


class _Listed:
    """The netlocs of https hosts, some by what they end in."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self._exact = {h for h in hosts if not h.startswith(".")}
        self._below = tuple(h for h in hosts if h.startswith("."))

    def __contains__(self, netloc: object) -> bool:
        name = str(netloc).lower()
        return name in self._exact or (bool(self._below) and name.endswith(self._below))


class Fetcher:
    """For one account; safe to be called by several threads at once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._others = _Listed(source.hosts)
        everywhere, own = _Listed((*source.hosts, source.own)), frozenset({source.own})
        self._sessions = _PinnedSession(everywhere), _Direct(own)
        self._streams = _PinnedStreaming(everywhere), _Streaming(own)

    def get(self, url: str) -> Fetched:
        """The file there. Raise Transient, or Rejected with a meaning for an agent."""
        answer = self._follow(url, *self._sessions)
        declared = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Fetched(answer.content, declared)

    def save(self, url: str, into: IO[bytes]) -> int:
        """Write the file there, piece by piece; its size in bytes. Raise Transient or Rejected.

        What is raised may leave a part of it behind.
        """
        answer = self._follow(url, *self._streams)
        size = 0
        try:
            for piece in answer.iter_content(CHUNK):
                size += into.write(piece)
                if size > MAX_FILE:
                    raise self._too_large()
        except requests.RequestException as error:
            raise self._failed(error) from None
        finally:
            answer.close()
        return size

    def _follow(self, url: str, pinned: _Direct, stand_in: _Direct) -> requests.Response:
        first = urlsplit(self._checked(url)).netloc.lower()
        secret = first == self._source.own
        for _ in range(HOPS):
            answer = self._ask(url, secret, pinned, stand_in)
            if not answer.is_redirect:
                return self._accepted(answer)
            answer.close()  # where it is read piece by piece, nothing has been
            url = self._checked(urljoin(url, answer.headers["Location"]))
            # Once it has left the first host, none gets the credential, not even that one again.
            secret = secret and urlsplit(url).netloc.lower() == first
        raise self._refused(FORBIDDEN, "its address leads from one place to the next")

    def _checked(self, url: str) -> str:
        parts = urlsplit(url) if _URL.fullmatch(url) else None
        netloc = parts.netloc.lower() if parts else ""
        root = urlsplit(self._source.root)
        ours = netloc == self._source.own and parts is not None and parts.scheme == root.scheme
        listed = parts is not None and parts.scheme == "https" and netloc in self._others
        # No user:password@, no other port, no brackets: such a netloc is not listed.
        if not (_HOST.fullmatch(netloc) and (ours or listed)):
            raise self._refused(FORBIDDEN, "its address is not one of the provider's")
        return url

    def _ask(self, url: str, secret: bool, pinned: _Direct, stand_in: _Direct) -> requests.Response:
        headers = {"Accept-Encoding": "identity", "Accept": "*/*"}
        if secret and self._source.authorization is not None:
            headers["Authorization"] = self._source.authorization()
        at_stand_in = self._source.stand_in and urlsplit(url).netloc.lower() == self._source.own
        session = stand_in if at_stand_in else pinned
        try:
            return session.get(url, headers=headers)
        except ForbiddenAddress:
            refused = self._refused(FORBIDDEN, "its address leads into a private network")
        except TooLong:
            refused = self._too_large()
        except requests.RequestException as error:
            raise self._failed(error) from None
        raise refused

    def _failed(self, error: requests.RequestException) -> ProviderError:
        provider = self._source.provider
        return translate(error, provider=provider, operation=OPERATION, repeatable=True)

    def _too_large(self) -> Rejected:
        return self._refused(TOO_LARGE, f"it is larger than {MAX_FILE // (1024 * 1024)} MB")

    def _accepted(self, answer: requests.Response) -> requests.Response:
        gone = answer.status_code in (404, 410)
        try:
            check(
                answer, provider=self._source.provider, operation=OPERATION, repeatable=True,
                code=GONE if gone else "",
                meaning="the provider no longer has it" if gone else "the provider refused it",
            )  # fmt: skip
        except ProviderError:
            answer.close()
            raise
        return answer

    def _refused(self, code: str, meaning: str) -> Rejected:
        provider = self._source.provider
        reason = f"{provider} {OPERATION}: {code}"
        return Rejected(reason, meaning=meaning, provider=provider, operation=OPERATION, code=code)
