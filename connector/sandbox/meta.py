"""What Meta's services have in common: signed webhooks, the handshake, how errors are worded."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from connector.sandbox.courier import Outcome

WEBHOOK_TIMEOUT = 10.0
RETRIES = 5


def signed(body: bytes, secret: str) -> dict[str, str]:
    """The headers of a webhook with this body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}


def shake_hands(url: str, verify_token: str) -> tuple[int, str]:
    """What Meta does when the callback URL is set: status and body of the answer."""
    asked = {
        "hub.mode": "subscribe",
        "hub.verify_token": verify_token,
        "hub.challenge": "1158201444",
    }
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, params=asked, timeout=WEBHOOK_TIMEOUT)
    return answer.status_code, answer.text


def error_body(code: int, sentence: str, subcode: int | None = None, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "message": f"(#{code}) {sentence}", "type": "OAuthException", "code": code,
        "fbtrace_id": "A0", **more,
    }  # fmt: skip
    if subcode is not None:
        told["error_subcode"] = subcode
    return {"error": told}


def retry(attempts: Sequence[Outcome], _headers: Mapping[str, str]) -> float | None:
    """Anything but 2xx is posted again: for days in truth, a few times here."""
    last = attempts[-1]
    taken = isinstance(last, int) and 200 <= last < 300
    return None if taken or len(attempts) > RETRIES else 0.05 * len(attempts)
