"""What goes into the Authorization header: a fixed API token, or an OAuth token that is renewed."""

from __future__ import annotations

import threading
from base64 import b64encode
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

import requests
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential,
    wait_random,
)

from connector.errors import ConnectorError, ProviderError, Rejected, StorageError, Transient
from connector.helpdesks.zendesk.config import ApiToken, OAuthClient, ZendeskConfig
from connector.helpdesks.zendesk.refusals import PROVIDER, judge
from connector.helpdesks.zendesk.tokens import (
    RENEW,
    Alone,
    Token,
    Vault,
    read,
    read_answer,
    seed_of,
    written,
)
from connector.http import OutboundSession, translate

SCOPE = "read write"
# Lanes wait for a renewal: it is repeated for a passing fault only, not for an outage.
_ATTEMPTS, _SECONDS = 3, 10.0
# Longer than a renewal can take, its slowest last attempt included. Who dies in it holds up nobody
# whose token is alive (tokens.EARLY).
LEASE = timedelta(seconds=60)
PATIENCE = 10.0  # for another process that is renewing
# An early renewal that failed: the token in hand is good for a while.
AGAIN = timedelta(seconds=15)


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


class _PassingError(Exception):
    """A renewal that may simply be repeated at once."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__(error.reason)
        self.error = error


class Renewed:
    """OAuth: one token for all threads and processes, one renewal at a time.

    With client credentials a renewal asks for a new token; with a refresh token it trades that in,
    and Zendesk ends the former access token and refresh token with it.
    """

    def __init__(self, config: ZendeskConfig, client: OAuthClient) -> None:
        if client.refresh_token and config.vault is None:
            raise ValueError(f"helpdesk {config.name}: a refresh token is used once, so what comes "
                             "of it must be kept")  # fmt: skip
        self._config = config
        self._seed = seed_of(client.refresh_token)
        self._vault: Vault = config.vault or Alone()
        self._counter = _Counter(config, client)
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._early_at: datetime | None = None  # not before then, after one that failed

    def header(self) -> str:
        token, now = self._token, self._config.now()
        if token is None or not token.is_alive(now):
            return self._renew(token).header
        return (token if token.is_good(now) else self._renew_early(token, now)).header

    def replace(self, refused: str) -> bool:
        token = self._token
        return self._renew(token if token and token.header == refused else None).header != refused

    def _renew(self, stale: Token | None) -> Token:
        with self._lock:
            # Whoever waited here finds the token that the other thread fetched.
            if self._token is not None and self._token != stale:
                return self._token
            return self._newer(stale, PATIENCE)

    def _renew_early(self, token: Token, now: datetime) -> Token:
        """By one thread, while the others go on with what they have; a failure is no harm yet."""
        if (self._early_at and now < self._early_at) or not self._lock.acquire(blocking=False):
            return token
        try:
            return self._newer(token, 0)
        except ConnectorError:
            self._early_at = now + AGAIN
            return token
        finally:
            self._lock.release()

    def _newer(self, stale: Token | None, patience: float) -> Token:
        """Another process's new token, or our own; the lock is held. Raise Transient."""
        again = Retrying(
            retry=retry_if_result(lambda found: found is None),
            stop=stop_after_delay(patience),
            wait=wait_exponential(multiplier=0.05, max=0.5) + wait_random(0, 0.05),
        )
        try:
            found: Token | None = again(self._found_or_fetched, stale)
        except RetryError:
            found = None
        if found is None:
            raise Transient(
                f"{PROVIDER} {RENEW.operation}: another process is at it",
                retry_after=timedelta(seconds=1),
                provider=PROVIDER, operation=RENEW.operation, code="renewing",
            )  # fmt: skip
        self._token, self._early_at = found, None
        return found

    def _found_or_fetched(self, stale: Token | None) -> Token | None:
        """None while another process is renewing."""
        text, version = self._vault.look()
        kept = read(text, self._seed)
        if kept is not None and kept != stale and kept.is_good(self._config.now()):
            return kept
        claimed = self._vault.claim(version, LEASE)
        if claimed is None:
            alive = kept is not None and kept != stale and kept.is_alive(self._config.now())
            return kept if alive else None
        try:
            fresh = self._counter.fetch(self._refresh(kept))
        except BaseException:
            with suppress(StorageError):  # then it runs out by itself
                self._vault.release(version, claimed)
            raise
        # What was traded in is gone: the new one is ours even if it can't be written down now.
        self._token = fresh
        return fresh if self._vault.keep(version, written(fresh)) else None

    def _refresh(self, kept: Token | None) -> str:
        """The newest refresh token; "" for the configured one."""
        known = [t for t in (kept, self._token) if t is not None and t.refresh]
        return max(known, key=lambda t: t.issued_at).refresh if known else ""


class _Counter:
    """Where Zendesk hands out tokens."""

    def __init__(self, config: ZendeskConfig, client: OAuthClient) -> None:
        self._config, self._client = config, client
        self._session = OutboundSession(frozenset({config.host}))

    def fetch(self, refresh: str) -> Token:
        """`refresh` is traded in; "" for what the configuration has. Raise Transient."""
        again = Retrying(
            retry=retry_if_exception_type(_PassingError),
            stop=stop_after_attempt(_ATTEMPTS) | stop_after_delay(_SECONDS),
            wait=wait_exponential(multiplier=0.1, max=1) + wait_random(0, 0.1),
            reraise=True,
        )
        try:
            return again(self._ask, refresh)
        except _PassingError as passing:
            error = passing.error
        raise error

    def _ask(self, refresh: str) -> Token:
        asked_at = self._config.now()
        try:
            answer = self._post(refresh)
        except requests.RequestException as cause:
            # Not chained: what requests says quotes URLs.
            error = translate(cause, provider=PROVIDER, operation=RENEW.operation, repeatable=True)
        else:
            failure = _refusal(answer)
            if failure is None:
                return read_answer(answer, asked_at, seed_of(self._client.refresh_token))
            error = failure
        # Asked to wait, or refused: repeating at once would be rude, or pointless.
        if error.status is None or error.status >= 500:
            raise _PassingError(error)
        raise error

    def _post(self, refresh: str) -> requests.Response:
        client = self._client
        body = {
            "grant_type": "client_credentials",
            "client_id": client.client_id,
            "client_secret": client.client_secret,
            "scope": SCOPE,
        }
        if client.refresh_token:
            traded = refresh or client.refresh_token
            body |= {"grant_type": "refresh_token", "refresh_token": traded}
        url = f"{self._config.root}/oauth/tokens"
        return self._session.post(url, json=body, timeout=self._config.timeout)


def _refusal(answer: requests.Response) -> ProviderError | None:
    try:
        judge(answer, RENEW)
    except Rejected as refused:
        # A wrong client secret is the operator's to mend; what is queued waits for that.
        return Transient(
            refused.reason,
            provider=PROVIDER,
            operation=RENEW.operation,
            status=refused.status,
            code=refused.code,
        )
    except ProviderError as failure:
        return failure
    return None


def credentials(config: ZendeskConfig) -> Credentials:
    if config.oauth is not None:
        return Renewed(config, config.oauth)
    if config.api_token is not None:
        return Fixed(config.api_token)
    raise ValueError(f"helpdesk {config.name}: neither oauth nor api_token is configured")
