"""Standard Webhooks: base64(HMAC-SHA256(key, id.timestamp.body)), after "v1,"; several with spaces.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime

from connector.channels.base import WebhookRequest
from connector.errors import BadSignature

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"
TOLERANCE = 300  # seconds, earlier or later
SHORTEST = 24  # bytes of a key
_MOST = 20  # signatures that are looked at
_ID = re.compile(r"[!-\-/-~]{1,200}")  # without a point, which marks where it ends
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def key(secret: str) -> bytes:
    """The key that a secret stands for. Raise ValueError for what is no secret."""
    try:
        found = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise ValueError("a secret is whsec_ and base64") from None
    if len(found) < SHORTEST:
        raise ValueError(f"a secret's base64 stands for at least {SHORTEST} bytes")
    return found


def sign(secret: str, identity: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers."""
    seconds = str(int(at.timestamp()))
    signature = f"v1,{_sum(secret, identity, seconds, body)}"
    return {ID: identity, TIMESTAMP: seconds, SIGNATURE: signature}


def _sum(secret: str, identity: str, seconds: str, body: bytes) -> str:
    signed = f"{identity}.{seconds}.".encode() + body
    return base64.b64encode(hmac.digest(key(secret), signed, hashlib.sha256)).decode()


def verify(request: WebhookRequest, secrets: Iterable[str], now: datetime) -> None:
    """Raise BadSignature unless one of the secrets signed exactly this, a short while ago."""
    headers = request.headers
    identity, seconds = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    if not _ID.fullmatch(identity) or not _SECONDS.fullmatch(seconds):
        raise BadSignature("no id or no timestamp")
    if abs(now.timestamp() - int(seconds)) > TOLERANCE:
        raise BadSignature("too old, or from the future")
    given = [
        value.encode("utf-8", "replace")
        for version, _, value in (
            each.partition(",") for each in headers.get(SIGNATURE, "").split(" ")[:_MOST]
        )
        if version == "v1"
    ]
    wanted = [_sum(secret, identity, seconds, request.body).encode() for secret in secrets]
    # All are compared before any counts: the time tells nothing about which one fitted.
    fits = [hmac.compare_digest(one, other) for one in given for other in wanted]
    if not any(fits):
        raise BadSignature("signature does not fit")
