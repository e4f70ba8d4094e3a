"""The one wall around zenpy: its requests go through a session of ours, its errors stop here.

zenpy writes tickets and users. What it lacks (side-loaded users, a sort order, encoded query
values) is read through the same session. zenpy is not thread-safe: each thread has its own client.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from zenpy import Zenpy
from zenpy.lib.exception import APIException, ZenpyException

from connector.errors import ProviderError
from connector.helpdesks.zendesk.config import ZendeskConfig
from connector.helpdesks.zendesk.credentials import Credentials, credentials
from connector.helpdesks.zendesk.refusals import PROVIDER, Call, judge
from connector.http import OutboundSession, translate

Result = TypeVar("Result")
Json = Mapping[str, Any]


class ZendeskSession(OutboundSession):
    """Signs and judges each request, so that zenpy sees neither a credential nor a failure."""

    authorized = True  # zenpy: "bring no credentials of your own"

    def __init__(self, config: ZendeskConfig, creds: Credentials) -> None:
        super().__init__(frozenset({config.host}))
        self._config = config
        self._credentials = creds
        self.call = Call("")

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = kwargs.get("timeout") or self._config.timeout
        header = self._credentials.header()
        answer = self._send_as(request, header, kwargs)
        # A 401 was certainly not taken: once more with a new token, whatever the method.
        if answer.status_code == 401 and self._credentials.replace(header):
            answer = self._send_as(request, self._credentials.header(), kwargs)
        judge(answer, self.call)
        return answer

    def _send_as(
        self, request: requests.PreparedRequest, header: str, kwargs: Mapping[str, Any]
    ) -> requests.Response:
        signed = request.copy()
        signed.url = self.real(request.url or "")
        signed.headers["Authorization"] = header
        if self.call.key:
            signed.headers["Idempotency-Key"] = self.call.key
        answer = super().send(signed, **kwargs)  # refuses any host but this account's
        # zenpy knows an answer by the URL it asked for; the copy with the credential is let go.
        answer.request = request
        answer.url = request.url or ""
        return answer

    def real(self, url: str) -> str:
        """Where `base_url` is set, this account's calls go there; nothing else is touched."""
        asked, official = urlsplit(url), urlsplit(self._config.official)
        if asked.netloc != official.netloc:
            return url
        root = urlsplit(self._config.root)
        return urlunsplit(asked._replace(
            scheme=root.scheme, netloc=root.netloc, path=root.path + asked.path
        ))  # fmt: skip

    def merge_environment_settings(self, url: Any, *rest: Any, **named: Any) -> Any:
        """A proxy is chosen by the host that is really called."""
        return super().merge_environment_settings(self.real(str(url)), *rest, **named)


@dataclass(frozen=True)
class _Own:
    """What belongs to one thread."""

    session: ZendeskSession
    zenpy: Zenpy


class Client:
    def __init__(self, config: ZendeskConfig) -> None:
        self._config = config
        self.credentials = credentials(config)
        self._threads = threading.local()

    def write(self, call: Call, act: Callable[[Zenpy], Result]) -> Result:
        """`act` calls zenpy and reads the answer. Raise Transient, Rejected or Uncertain."""
        own = self._own()
        return _walled(own.session, call, lambda: act(own.zenpy))

    def read(
        self, operation: str, path: str, read: Callable[[Json], Result], **query: str
    ) -> Result:
        """GET, and read the answer. Raise Transient, or Rejected("gone") where there is nothing."""
        own = self._own()
        url = f"{self._config.official}/api/v2/{path}"
        # A dot or bracket in a keyword: page__size -> page[size].
        params = {_named(name): value for name, value in query.items()}
        call = Call(operation, repeatable=True)
        return _walled(own.session, call, lambda: read(own.session.get(url, params=params).json()))

    def send(self, operation: str, method: str, path: str, body: Json | None = None) -> None:
        """What zenpy has no word for, and may be done twice. Raise Transient or Rejected."""
        own = self._own()
        url = f"{self._config.official}/api/v2/{path}"
        call = Call(operation, repeatable=True)
        _walled(own.session, call, lambda: own.session.request(method, url, json=body))

    def authorization(self) -> str:
        """The header that opens this account's files, for its own host only."""
        return self.credentials.header()

    def _own(self) -> _Own:
        own: _Own | None = getattr(self._threads, "own", None)
        if own is None:
            session = ZendeskSession(self._config, self.credentials)
            zenpy = Zenpy(
                subdomain=self._config.subdomain,
                session=session,
                disable_cache=True,  # its cache keeps people for ever
                timeout=self._config.timeout,
            )
            own = self._threads.own = _Own(session, zenpy)
        return own


def _named(name: str) -> str:
    outer, _, inner = name.partition("__")
    return f"{outer}[{inner}]" if inner else outer


def _walled(session: ZendeskSession, call: Call, act: Callable[[], Result]) -> Result:
    session.call = call
    error: ProviderError
    try:
        return act()
    except requests.RequestException as cause:
        error = translate(
            cause, provider=PROVIDER, operation=call.operation, repeatable=call.repeatable
        )
    except (
        ZenpyException, APIException, AttributeError, KeyError, TypeError, ValueError,
    ) as cause:  # fmt: skip
        error = call.unreadable(type(cause).__name__)
    # Raised out here, so that nothing is chained: those exceptions quote URLs, bodies and locals().
    raise error
