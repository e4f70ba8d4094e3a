"""X-Hub-Signature: "sha1=" and the hexadecimal HMAC-SHA1 of the raw body with the app's client secret.

There is no timestamp in it: a request that is played again is stopped by the ids of its messages.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from connector.channels.base import WebhookRequest
from connector.errors import BadSignature

SIGNATURE = "x-hub-signature"


def verify(request: WebhookRequest, secrets: Iterable[str]) -> None:
    """Raise BadSignature unless one of the app's secrets signed exactly this body."""
    given = request.headers.get(SIGNATURE, "").encode("utf-8", "replace")
    # All are computed before any is looked at: the time tells nothing about which one fitted.
    fits = [
        hmac.compare_digest(
            b"sha1=" + hmac.digest(secret.encode(), request.body, hashlib.sha1).hex().encode(),
            given,
        )
        for secret in secrets
    ]
    if not any(fits):
        raise BadSignature("signature does not fit")
