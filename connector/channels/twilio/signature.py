"""X-Twilio-Signature: base64(HMAC(token, URL + each name and value, sorted, once)).

There is no timestamp in it: what stops a replay is the message's id. Names and values are joined
without a mark between them, so the signature says nothing about where one ends; that is Twilio's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from urllib.parse import parse_qs

from connector.channels.base import WebhookRequest
from connector.channels.twilio.form import is_form, pairs
from connector.errors import BadSignature

SIGNATURE = "x-twilio-signature"
SETTINGS = "x-twilio-webhooks-signature-settings"  # key=...,algorithm=HMAC_SHA256
ALGORITHMS = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}
# scheme, host (with its user, if any; IPv6 in brackets), port, the rest without the fragment
_URL = re.compile(r"(https?)(://(?:[^/?#@]*@)?(?:\[[^\]/?#]*\]|[^:/?#]*))(?::(\d+))?([^#]*)")
_PORTS = {"https": "443", "http": "80"}


def verify(request: WebhookRequest, tokens: Iterable[str]) -> None:
    """Raise BadSignature unless one of the tokens signed exactly this request."""
    given = request.headers.get(SIGNATURE, "").encode("utf-8", "replace")
    if not given:
        raise BadSignature("no signature")
    digest = ALGORITHMS.get(_algorithm(request.headers.get(SETTINGS, "")))
    if digest is None:
        raise BadSignature("unknown algorithm")
    signed_fields = _signed_fields(request)
    # All are computed before any is looked at: the time tells nothing about which one fitted.
    fits = [
        hmac.compare_digest(
            base64.b64encode(hmac.digest(token.encode(), url.encode() + signed_fields, digest)),
            given,
        )
        for token in tokens
        for url in urls(request.url)
    ]
    if not any(fits):
        raise BadSignature("signature does not fit")


def _algorithm(settings: str) -> str:
    for part in settings.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return "HMAC_SHA1"


def _signed_fields(request: WebhookRequest) -> bytes:
    """A form is signed field by field; any other body by its hash, which stands in the URL."""
    if is_form(request):
        return b"".join(name + value for name, value in sorted(set(pairs(request.body))))
    if request.body:
        told = parse_qs(request.url.partition("#")[0].partition("?")[2]).get("bodySHA256", [""])[0]
        found = hashlib.sha256(request.body).hexdigest()
        if not hmac.compare_digest(found.encode(), told.lower().encode()):
            raise BadSignature("the signature does not cover the body")
    return b""


def urls(url: str) -> tuple[str, ...]:
    """With and without the port: Twilio signs either. A fragment is never sent, so never signed."""
    parts = _URL.fullmatch(url.partition("#")[0])
    if parts is None:
        return (url.partition("#")[0],)
    scheme, host, port, rest = parts.groups()
    return (f"{scheme}{host}{rest}", f"{scheme}{host}:{port or _PORTS[scheme]}{rest}")
