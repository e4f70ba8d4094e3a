"""What Zendesk's answer means: nothing on success, or an error that says what to do next.

Only codes and field names are taken out of an answer: its descriptions repeat what was sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

import requests

from connector.errors import Rejected, Transient, Uncertain
from connector.http import check, retry_after

PROVIDER = "zendesk"
CLOSED, GONE = "closed", "gone"
REQUESTER = "requester"
_CODE = re.compile(r"[A-Za-z][A-Za-z_ ]{0,59}")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CLOSED = re.compile(r"closed prevents ticket update", re.IGNORECASE)
_SUSPENDED = re.compile(r"\bsuspended\b", re.IGNORECASE)
_FIELDS_TOLD = 5


@dataclass(frozen=True)
class Call:
    """One call of ours: what it is for, and whether doing it twice does no harm."""

    operation: str
    repeatable: bool = False
    key: str = ""  # sent as Idempotency-Key

    def unreadable(self, what: str) -> Transient | Uncertain:
        """It was taken, but the answer says nothing that we understand."""
        kind = Transient if self.repeatable else Uncertain
        reason = f"{PROVIDER} {self.operation}: unreadable answer ({what})"
        return kind(reason, provider=PROVIDER, operation=self.operation, code="unreadable")


def judge(answer: requests.Response, call: Call) -> None:
    """Return on success. Raise Transient, Rejected or Uncertain."""
    status = answer.status_code
    body = _object(answer)
    if 200 <= status < 300:
        if body is None and status != 204:
            raise call.unreadable(f"HTTP {status} without a JSON object")
        return
    body = body or {}
    code = _code(body)
    if status == 404 and code == "RecordNotFound":
        meaning = "it no longer exists in Zendesk"
        check(answer, provider=PROVIDER, operation=call.operation, code=GONE, meaning=meaning)
    reading = answer.request.method == "GET"
    # Redirects and unknown paths come from a wrong address or a suspended account, and a refused
    # reading says nothing about the ticket: the operator's to mend, like a wrong credential.
    if status < 400 or status in (404, 409) or (reading and status < 500):
        _not_taken(answer, call, code)
    if status == 422 and _is_closed(body):
        meaning = "the ticket is closed: Zendesk takes no more comments"
        check(answer, provider=PROVIDER, operation=call.operation, code=CLOSED, meaning=meaning)
    try:
        check(
            answer,
            provider=PROVIDER,
            operation=call.operation,
            code=code,
            meaning=_meaning(code, body),
            repeatable=call.repeatable,
        )
    except Rejected as refused:
        refused.fields = _names(body)
        raise


def _names(body: dict[str, Any]) -> frozenset[str]:
    faults = _faults(body)
    names = {name for name, _, _ in faults if _FIELD.fullmatch(name) or name.isdecimal()}
    # Under "base" Zendesk says in words only whom it means.
    if any(_SUSPENDED.search(told) for _, _, told in faults):
        names.add(REQUESTER)
    return frozenset(names - {"base"})


def _not_taken(answer: requests.Response, call: Call, code: str) -> NoReturn:
    status = answer.status_code
    raise Transient(
        f"{PROVIDER} {call.operation}: HTTP {status}" + (f", code {code}" if code else ""),
        retry_after=retry_after(answer.headers, datetime.now(UTC)),
        provider=PROVIDER,
        operation=call.operation,
        status=status,
        code=code,
    )


def _object(answer: requests.Response) -> dict[str, Any] | None:
    try:
        body = answer.json()
    except (ValueError, RecursionError):  # deep nesting ends in the latter
        return None
    return body if isinstance(body, dict) else None


def _code(body: dict[str, Any]) -> str:
    error = body.get("error")
    return error if isinstance(error, str) and _CODE.fullmatch(error) else ""


def _faults(body: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(field, code, description) of each fault that a 422 names."""
    details = body.get("details")
    if not isinstance(details, dict):
        return []
    return [
        (str(field), str(fault.get("error", "")), str(fault.get("description", "")))
        for field, faults in details.items()
        for fault in (faults if isinstance(faults, list) else ())
        if isinstance(fault, dict)
    ]


def _is_closed(body: dict[str, Any]) -> bool:
    return any(_CLOSED.search(description) for _, _, description in _faults(body))


def _meaning(code: str, body: dict[str, Any]) -> str:
    named = []
    for field, fault, _ in _faults(body)[:_FIELDS_TOLD]:
        if _FIELD.fullmatch(field) or field.isdecimal():
            named.append(f"{field} ({fault})" if _CODE.fullmatch(fault) else field)
    if named:
        return "Zendesk refused it because of: " + ", ".join(named)
    return f"Zendesk refused it: {code}" if code else "Zendesk refused it and did not say why"
