"""What Meta's channels have in common (WhatsApp Cloud, Messenger): handshake, signature, errors.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from connector.channels.base import WebhookReply, WebhookRequest
from connector.channels.payload import object_of, section
from connector.errors import BadSignature, ProviderError, Rejected, Transient, Uncertain
from connector.http import OutboundSession, check, retry_after, translate

OFFICIAL, VERSION = "https://graph.facebook.com", "v23.0"
SIGNATURE = "x-hub-signature-256"
SEND = "send"
_CHALLENGE = re.compile(r"[!-~]{1,200}")
# Limits, maintenance and "try again": they end the attempt, but not the message.
LATER = frozenset({"2", "4", "17", "32", "341", "368", "613", "80006", "80007", "1200", "130429",
                   "131016", "131048", "131056", "131057"})  # fmt: skip
# About our own access token or permissions: what is queued waits until the operator has mended it.
OURS = frozenset({"0", "3", "10", "102", "104", "190", "131005"})


@dataclass(frozen=True)
class MetaConfig:
    access_token: str = field(repr=False)
    app_secrets: tuple[str, ...] = field(repr=False)  # all of them verify
    verify_token: str = field(repr=False)  # what the handshake shows
    base_url: str | None = None  # a stand-in for graph.facebook.com

    def __post_init__(self) -> None:
        if not self.app_secrets or not all(self.app_secrets):
            raise ValueError("app_secrets: at least one is needed, none of them empty")
        if not self.access_token or not self.verify_token:
            raise ValueError("access_token and verify_token are needed")

    @property
    def root(self) -> str:
        return (self.base_url or OFFICIAL).rstrip("/")

    @property
    def host(self) -> str:
        """The only host that gets our access token, beside the one that hands out files."""
        return urlsplit(self.root).netloc.lower()

    @property
    def bearer(self) -> str:
        return f"Bearer {self.access_token}"


def challenge(request: WebhookRequest, verify_token: str) -> WebhookReply:
    """The handshake when the callback URL is set. Raise BadSignature for another's token."""
    query = {name: values[-1] for name, values in parse_qs(request.query).items()}
    if "hub.mode" not in query:
        return WebhookReply()  # somebody looks whether the endpoint is there
    given = query.get("hub.verify_token", "").encode("utf-8", "replace")
    said = query.get("hub.challenge", "")
    fits = hmac.compare_digest(given, verify_token.encode())
    if query["hub.mode"] != "subscribe" or not fits or not _CHALLENGE.fullmatch(said):
        raise BadSignature("not our verify_token")
    return WebhookReply(said.encode())


def verify(request: WebhookRequest, secrets: Iterable[str]) -> None:
    """Raise BadSignature unless one of the apps' secrets signed exactly this body."""
    given = request.headers.get(SIGNATURE, "").encode("utf-8", "replace")
    # All are computed before any is looked at: the time tells nothing about which one fitted.
    fits = [
        hmac.compare_digest(
            b"sha256=" + hmac.digest(secret.encode(), request.body, hashlib.sha256).hex().encode(),
            given,
        )
        for secret in secrets
    ]
    if not any(fits):
        raise BadSignature("signature does not fit")


class Graph:
    """Posts to the Graph API as one account."""

    def __init__(self, config: MetaConfig, provider: str, meanings: Mapping[str, str]) -> None:
        self._config, self._provider, self._meanings = config, provider, meanings
        self._session = OutboundSession(frozenset({config.host}))

    def post(
        self, path: str, fields: Mapping[str, Any], *, timeout: tuple[float, float] | None = None
    ) -> dict[str, Any]:
        """The answer's object. Raise Transient, Rejected or Uncertain."""
        url = f"{self._config.root}/{VERSION}/{path}"
        headers = {"Authorization": self._config.bearer}
        try:
            answer = self._session.post(url, json=fields, headers=headers, timeout=timeout)
        except requests.RequestException as error:
            raise translate(error, provider=self._provider, operation=SEND) from error
        body = object_of(answer)
        self._judge(answer, body)
        return body

    def get(self, operation: str, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """What stands there. Raise Transient, or Rejected if there is nothing."""
        url = f"{self._config.root}/{VERSION}/{path}"
        headers = {"Authorization": self._config.bearer}
        try:
            answer = self._session.get(url, params=query, headers=headers)
        except requests.RequestException as error:
            raise translate(
                error, provider=self._provider, operation=operation, repeatable=True
            ) from error
        check(answer, provider=self._provider, operation=operation, repeatable=True,
              meaning="the provider no longer has it")  # fmt: skip
        return object_of(answer)

    def unproven(self, status: int = 200) -> Uncertain:
        reason = f"{self._provider} {SEND}: an answer without an id"
        return Uncertain(reason, provider=self._provider, operation=SEND, status=status)

    def _judge(self, answer: requests.Response, body: Mapping[str, Any]) -> None:
        """Return on success. Meta's own code says more than the status it comes with."""
        status, told = answer.status_code, section(body.get("error"))
        if 200 <= status < 300:
            return
        code, sub = _code(told.get("code")), _code(told.get("error_subcode"))
        if f"{code}/{sub}" in self._meanings:
            code = f"{code}/{sub}"
        reason = f"{self._provider} {SEND}: HTTP {status}" + (f", code {code}" if code else "")
        facts: dict[str, Any] = {
            "provider": self._provider, "operation": SEND, "status": status, "code": code,
        }  # fmt: skip
        error: ProviderError | None = None
        if code in LATER:
            error = Transient(
                reason, retry_after=retry_after(answer.headers, datetime.now(UTC)), **facts
            )
        elif status >= 500:
            # Also 503: there is no idempotency key, and what a proxy gave up may have been taken.
            error = Uncertain(reason, **facts)
        elif code in self._meanings:
            error = Rejected(reason, meaning=self._meanings[code], **facts)
        elif code in OURS:
            error = Transient(reason, **facts)
        if error is not None:
            raise error
        check(answer, provider=self._provider, operation=SEND, code=code, meaning=unknown(code))


def unknown(code: str) -> str:
    return f"Meta could not deliver it (error {code})" if code else "no reason was given"


def _code(value: object) -> str:
    return str(value) if isinstance(value, int) and 0 <= value < 10**9 else ""
