"""Calling Intercom: one workspace's token, one version of the API, and what its answers mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import requests

from connector.channels.intercom.config import IntercomConfig
from connector.channels.intercom.refusals import GONE, LATER, OURS, REFUSED, UNKNOWN
from connector.channels.payload import identifier, object_of, sections
from connector.errors import ProviderError, Rejected, Transient, Uncertain
from connector.http import OutboundSession, check, retry_after, translate

PROVIDER = "intercom"
_LONGEST = 3600.0  # seconds; a window of the limit is ten


class Api:
    def __init__(self, config: IntercomConfig) -> None:
        self._root, self._host = config.root, config.host
        self._headers = {
            "Authorization": f"Bearer {config.access_token}",
            "Intercom-Version": config.version,
            "Accept": "application/json",
        }

    @cached_property
    def _session(self) -> OutboundSession:
        return OutboundSession(frozenset({self._host}))

    def post(
        self, operation: str, path: str, fields: Mapping[str, Any], *, repeatable: bool = False
    ) -> dict[str, Any]:
        """The answer's object. Raise Transient, Rejected or, unless repeatable, Uncertain."""
        return self._ask("POST", operation, path, repeatable, json=fields)

    def get(self, operation: str, path: str) -> dict[str, Any]:
        """What stands there. Raise Transient or Rejected."""
        return self._ask("GET", operation, path, repeatable=True)

    def read(self, operation: str, path: str, named: str) -> dict[str, Any]:
        """What stands there, with `named` in it. Raise Rejected if it is gone, else Transient."""
        return _with(self._settled(lambda: self.get(operation, path)), operation, named)

    def search(self, operation: str, path: str, query: Mapping[str, Any]) -> dict[str, Any]:
        """One page. Raise Transient for anything else."""
        asked = self._settled(lambda: self.post(operation, path, query, repeatable=True))
        return _with(asked, operation, "conversations")

    @staticmethod
    def _settled(ask: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = ask()
        except Rejected as error:
            if error.code in GONE:
                raise
            raise Transient(error.reason, provider=PROVIDER, operation=error.operation,
                            status=error.status, code=error.code) from error  # fmt: skip
        return answer

    def _ask(
        self, method: str, operation: str, path: str, repeatable: bool, **more: Any
    ) -> dict[str, Any]:
        try:
            answer = self._session.request(method, self._root + path, headers=self._headers, **more)
        except requests.RequestException as error:
            raise translate(
                error, provider=PROVIDER, operation=operation, repeatable=repeatable
            ) from error
        body = object_of(answer)
        judge(answer, body, operation, repeatable)
        return body


def _with(body: dict[str, Any], operation: str, named: str) -> dict[str, Any]:
    if named not in body:
        reason = f"{PROVIDER} {operation}: unreadable answer"
        raise Transient(reason, provider=PROVIDER, operation=operation)
    return body


def judge(
    answer: requests.Response, body: Mapping[str, Any], operation: str, repeatable: bool
) -> None:
    """Return on success. Intercom's code says more than the status it comes with."""
    status = answer.status_code
    if 200 <= status < 300:
        return
    code = next((identifier(each.get("code"))[:64] for each in sections(body.get("errors"))), "")
    reason = f"{PROVIDER} {operation}: HTTP {status}" + (f", code {code}" if code else "")
    facts: dict[str, Any] = {
        "provider": PROVIDER, "operation": operation, "status": status, "code": code,
    }  # fmt: skip
    error: ProviderError | None = None
    if status == 429 or code == LATER:
        wait = room_after(answer.headers, datetime.now(UTC))
        error = Transient(reason, retry_after=wait, **facts)
    elif status >= 500 and not repeatable:
        # Also 503: there is no idempotency key, and what a proxy gave up may have been taken.
        error = Uncertain(reason, **facts)
    elif code in OURS:
        error = Transient(reason, **facts)
    elif code in REFUSED and status not in (401, 403):
        error = Rejected(reason, meaning=REFUSED[code], **facts)
    if error is not None:
        raise error
    check(answer, provider=PROVIDER, operation=operation, code=code, meaning=UNKNOWN,
          repeatable=repeatable)  # fmt: skip


def room_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Retry-After, else X-RateLimit-Reset: when the window of ten seconds ends (Unix seconds)."""
    asked = retry_after(headers, now)
    if asked is not None:
        return asked
    try:
        left = float(headers.get("X-RateLimit-Reset", "")) - now.timestamp()
    except ValueError:
        return None
    return timedelta(seconds=min(max(left, 0.0), _LONGEST)) if left == left else None
