"""What a failed model call means: Transient (repeat) or Rejected (it never will).

A call changes nothing, so a lost answer is no doubt: asking again does no harm. Nothing of the
provider's own words is kept, since they may repeat what was sent.
"""

from __future__ import annotations

from datetime import datetime

import anthropic

from connector.domain.turns import Usage
from connector.errors import ProviderError, Rejected, Transient
from connector.http import retry_after

PROVIDER = "anthropic"

_AGAIN = {408: "timeout", 409: "conflict", 425: "too_early", 429: "rate_limited", 529: "overloaded"}
_NEVER = {
    400: ("invalid_request", "the model's provider refused the request as invalid"),
    401: ("authentication", "the model's provider does not accept the API key"),
    402: ("payment", "the account with the model's provider needs a payment"),
    403: ("permission", "the API key may not use this model"),
    404: ("not_found", "the model's provider knows no such model"),
    413: ("too_large", "the conversation is too large for the model's provider"),
}


def translate(error: anthropic.APIError, operation: str, now: datetime) -> ProviderError:
    """Raise the result `from None`: the SDK's error holds the request, key and texts included."""
    if isinstance(error, anthropic.APIStatusError):
        return _status(error, operation, now)
    if isinstance(error, anthropic.APITimeoutError) or isinstance(error.__cause__, TimeoutError):
        return transient("timeout", operation)
    if isinstance(error.__cause__, ValueError):
        return malformed(operation)
    return transient("unreachable", operation)


def transient(code: str, operation: str) -> Transient:
    return Transient(
        f"{PROVIDER} {operation}: {code}", provider=PROVIDER, operation=operation, code=code
    )


def malformed(operation: str) -> Transient:
    """An answer of another shape: a model may well do better when asked again."""
    return transient("malformed", operation)


def refused(operation: str) -> Rejected:
    return Rejected(
        f"{PROVIDER} {operation}: refusal",
        meaning="the model refused to answer",
        provider=PROVIDER,
        operation=operation,
        code="refusal",
    )


def charged(error: ProviderError, used: Usage) -> ProviderError:
    """It failed, and is on the bill all the same."""
    error.tokens = (used.input, used.output, used.cache_write, used.cache_read)
    return error


def _status(error: anthropic.APIStatusError, operation: str, now: datetime) -> ProviderError:
    status = error.status_code
    reason = f"{PROVIDER} {operation}: HTTP {status}"
    if status in _AGAIN or status >= 500:
        return Transient(
            reason,
            retry_after=retry_after(error.response.headers, now),
            provider=PROVIDER,
            operation=operation,
            status=status,
            code=_AGAIN.get(status, f"http_{status}"),
        )
    code, meaning = _NEVER.get(status, (f"http_{status}", f"the model's provider said {status}"))
    return Rejected(
        reason, meaning=meaning, provider=PROVIDER, operation=operation, status=status, code=code
    )
