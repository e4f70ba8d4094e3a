"""Outbound HTTP: one session with walls around it, and what its failures mean.

A status or a transport failure becomes one of three errors, which say what to do next:
Transient (it did not happen: repeat), Rejected (it never will), Uncertain (ask before repeating).
The session itself never repeats a request: repeating is decided where it is written down.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Container, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
    SSLError,
)
from urllib3.util.retry import Retry

from connector.errors import ProviderError, Rejected, Transient, Uncertain
from connector.turnstile import TURNSTILE

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
TOTAL_SECONDS = 30.0  # a provider that drips one byte a second must not hold a lane for hours
MAX_BODY = 10 * 1024 * 1024
CHUNK = 64 * 1024
# Certain not to have happened, whatever the method.
NOT_TAKEN = frozenset({408, 425, 429, 503, 529})


class _Clocked(io.RawIOBase):
    """A socket's incoming bytes until a deadline. Read timeouts start again at every byte."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, deadline: float) -> None:
        self._sock, self._raw, self._deadline = sock, raw, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("answer too slow")
        usual = self._sock.gettimeout()
        self._sock.settimeout(left if usual is None else min(usual, left))
        try:
            with TURNSTILE.outside():
                count: int | None = self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(usual)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_Clocked(sock, raw, time.monotonic() + TOTAL_SECONDS))


class Connection(HTTPConnection):
    response_class = _Answer

    def connect(self) -> None:
        with TURNSTILE.outside():
            super().connect()


class SecureConnection(HTTPSConnection):
    response_class = _Answer

    def connect(self) -> None:
        with TURNSTILE.outside():
            super().connect()


class _Pool(HTTPConnectionPool):
    ConnectionCls = Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class TooLong(requests.exceptions.ContentDecodingError):
    """An answer over the session's limit."""


class Adapter(HTTPAdapter):
    """Connections whose answers have a deadline as a whole, and that repeat nothing."""

    pools: Mapping[str, type[HTTPConnectionPool]] = _POOLS

    def __init__(self) -> None:
        super().__init__(max_retries=Retry(0, read=False), pool_maxsize=16)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self.pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self.pools
        return manager


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class OutboundSession(requests.Session):
    """A session for one account: known hosts only, no redirects, no repeats, bounded answers."""

    adapter: type[Adapter] = Adapter
    max_body = MAX_BODY

    def __init__(self, hosts: Container[str]) -> None:
        super().__init__()
        self.hosts = hosts
        # HTTP(S)_PROXY is honoured; ~/.netrc must not add credentials that nobody configured, and
        # it is read wherever `auth` is not set.
        self.auth = _as_it_is
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._environment: dict[object, Any] = {}
        for prefix in ("https://", "http://"):
            self.mount(prefix, self.adapter())

    def merge_environment_settings(self, url: Any, *rest: Any, **named: Any) -> Any:
        """Proxies and certificates, asked of the environment once a host: it took 2 ms a call."""
        place = (*urlsplit(str(url))[:2], repr(rest), repr(named))
        if place not in self._environment:
            found = super().merge_environment_settings(url, *rest, **named)
            self._environment[place] = found
        return dict(self._environment[place])

    def rebuild_auth(self, *_: object, **__: object) -> None:
        """Redirects are not followed, so credentials never move to another host."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        host = urlsplit(request.url or "").netloc
        if host not in self.hosts:
            raise requests.exceptions.InvalidURL(f"host not allowed: {host}")
        kwargs["timeout"] = kwargs.get("timeout") or (CONNECT_SECONDS, READ_SECONDS)
        kwargs["allow_redirects"] = False
        kwargs["stream"] = True
        response = super().send(request, **kwargs)
        self.take(response)
        return response

    def take(self, response: requests.Response) -> None:
        """The whole body; a session that hands it on piece by piece leaves it."""
        _read(response, self.max_body)


def _read(response: requests.Response, most: int) -> None:
    """Take the whole body, as long as it is within the limit."""
    body = bytearray()
    for chunk in response.iter_content(CHUNK):
        body += chunk
        if len(body) > most:
            response.close()
            raise TooLong("answer too large")
    # The one place where requests keeps a body that was read in a stream.
    response._content = bytes(body)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Retry-After in seconds or as a date (RFC 9110, 10.2.3); None if absent or unreadable."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    return timedelta(seconds=min(max(seconds, 0.0), 365 * 86400.0)) if seconds == seconds else None


def check(
    response: requests.Response,
    *,
    provider: str,
    operation: str,
    code: str = "",
    meaning: str = "",
    repeatable: bool = False,
) -> None:
    """Raise what the status means; return on 2xx. `repeatable`: doing it twice does no harm."""
    status = response.status_code
    if 200 <= status < 300:
        return
    facts: dict[str, Any] = {
        "provider": provider,
        "operation": operation,
        "status": status,
        "code": code,
    }
    reason = f"{provider} {operation}: HTTP {status}" + (f", code {code}" if code else "")
    if status in NOT_TAKEN:
        wait = retry_after(response.headers, datetime.now(UTC))
        raise Transient(reason, retry_after=wait, **facts)
    # A wrong credential or address is the operator's to mend; what is queued waits for that.
    if status in (401, 403) or status < 400:
        raise Transient(reason, **facts)
    if status >= 500:
        raise (Transient if repeatable else Uncertain)(reason, **facts)
    raise Rejected(reason, meaning=meaning, **facts)


def translate(
    error: requests.RequestException, *, provider: str, operation: str, repeatable: bool = False
) -> ProviderError:
    """What a transport failure means. Raise the result `from error`."""
    reason = f"{provider} {operation}: {type(error).__name__}"
    if isinstance(error, requests.exceptions.InvalidURL):
        return Rejected(reason, provider=provider, operation=operation)
    if repeatable or _before_sending(error):
        return Transient(reason, provider=provider, operation=operation)
    return Uncertain(reason, provider=provider, operation=operation)


def _before_sending(error: requests.RequestException) -> bool:
    """Is it certain that the provider saw nothing?"""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    cause: object = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(cause, ProxyError):
        cause = cause.original_error
        # The tunnel to the provider was never opened.
        if isinstance(cause, OSError) and str(cause).startswith("Tunnel connection failed"):
            return True
    if isinstance(cause, SSLError) and cause.args:
        return isinstance(cause.args[0], ssl.SSLCertVerificationError)
    return isinstance(cause, NewConnectionError | ConnectTimeoutError)
