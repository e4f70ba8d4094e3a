"""What goes into the Authorization header: a fixed API token, or an OAuth token that is renewed."""

from __future__ import annotations

import threading
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import requests
from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential,
    wait_random,
)

from connector.errors import ProviderError, Rejected, Transient
from connector.helpdesks.zendesk.config import ApiToken, OAuthClient, ZendeskConfig
from connector.helpdesks.zendesk.refusals import PROVIDER, Call, judge
from connector.http import OutboundSession, translate

SCOPE = "read write"
EARLY = timedelta(minutes=1)
_RENEW = Call("renew_token", repeatable=True)
# Lanes wait for a renewal: it is repeated for a passing fault only, not for an outage.
_ATTEMPTS, _SECONDS = 3, 10.0


class Credentials(Protocol):
    def header(self) -> str:
        """The Authorization header for the next call."""
        ...

    def replace(self, refused: str) -> bool:
        """Zendesk refused this header: is there a newer one to try?"""
        ...


class Fixed:
    """An API token, for as long as Zendesk accepts those."""

    def __init__(self, token: ApiToken) -> None:
        pair = f"{token.email}/token:{token.token}"
        self._header = "Basic " + b64encode(pair.encode()).decode()

    def header(self) -> str:
        return self._header

    def replace(self, refused: str) -> bool:
        return refused != self._header


@dataclass(frozen=True)
class _Token:
    header: str = field(repr=False)
    renew_at: datetime | None  # None: it does not expire


class _PassingError(Exception):
    """A renewal that may simply be repeated at once."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__(error.reason)
        self.error = error


class Renewed:
    """OAuth client credentials: one token for all threads, one renewal at a time."""

    def __init__(self, config: ZendeskConfig, client: OAuthClient) -> None:
        self._config = config
        self._client = client
        self._session = OutboundSession(frozenset({config.host}))
        self._lock = threading.Lock()
        self._token: _Token | None = None

    def header(self) -> str:
        token = self._token
        if token is None or self._is_old(token):
            token = self._renew(None if token is None else token.header)
        return token.header

    def replace(self, refused: str) -> bool:
        return self._renew(refused).header != refused

    def _is_old(self, token: _Token) -> bool:
        return token.renew_at is not None and self._config.now() >= token.renew_at

    def _renew(self, stale: str | None) -> _Token:
        with self._lock:
            # Whoever waited here finds the token that the other thread fetched.
            if self._token is not None and self._token.header != stale:
                return self._token
            self._token = self._fetch()
            return self._token

    def _fetch(self) -> _Token:
        again = Retrying(
            retry=retry_if_exception_type(_PassingError),
            stop=stop_after_attempt(_ATTEMPTS) | stop_after_delay(_SECONDS),
            wait=wait_exponential(multiplier=0.1, max=1) + wait_random(0, 0.1),
            reraise=True,
        )
        try:
            return again(self._ask)
        except _PassingError as passing:
            error = passing.error
        raise error

    def _ask(self) -> _Token:
        asked_at = self._config.now()
        try:
            answer = self._post()
        except requests.RequestException as cause:
            # Not chained: what requests says quotes URLs.
            error = translate(cause, provider=PROVIDER, operation="renew_token", repeatable=True)
        else:
            failure = self._refusal(answer)
            if failure is None:
                return _read(answer, asked_at)
            error = failure
        # Asked to wait, or refused: repeating at once would be rude, or pointless.
        if error.status is None or error.status >= 500:
            raise _PassingError(error)
        raise error

    def _post(self) -> requests.Response:
        body = {
            "grant_type": "client_credentials",
            "client_id": self._client.client_id,
            "client_secret": self._client.client_secret,
            "scope": SCOPE,
        }
        url = f"{self._config.root}/oauth/tokens"
        return self._session.post(url, json=body, timeout=self._config.timeout)

    @staticmethod
    def _refusal(answer: requests.Response) -> ProviderError | None:
        try:
            judge(answer, _RENEW)
        except Rejected as refused:
            # A wrong client secret is the operator's to mend; what is queued waits for that.
            return Transient(
                refused.reason,
                provider=PROVIDER,
                operation=_RENEW.operation,
                status=refused.status,
                code=refused.code,
            )
        except ProviderError as failure:
            return failure
        return None


def _read(answer: requests.Response, asked_at: datetime) -> _Token:
    body = answer.json()
    token, seconds = body.get("access_token"), body.get("expires_in")
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        raise _RENEW.unreadable("no access_token")
    if not isinstance(seconds, int | float) or seconds <= 0:
        return _Token(f"Bearer {token}", None)
    lifetime = timedelta(seconds=min(float(seconds), 365 * 86400.0))
    return _Token(f"Bearer {token}", asked_at + lifetime - min(EARLY, lifetime / 2))


def credentials(config: ZendeskConfig) -> Credentials:
    if config.oauth is not None:
        return Renewed(config, config.oauth)
    if config.api_token is not None:
        return Fixed(config.api_token)
    raise ValueError(f"helpdesk {config.name}: neither oauth nor api_token is configured")
