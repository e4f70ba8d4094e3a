"""Zendesk's OAuth: tokens that end, and refresh tokens that are traded in once."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connector.sandbox.zendesk.twin import ZendeskTwin

Json = dict[str, Any]
TOKEN_LIFE = timedelta(minutes=30)
REFRESH_LIFE = timedelta(days=30)


class Signing:
    def __init__(self, twin: ZendeskTwin) -> None:
        self._twin = twin
        self._tokens: dict[str, datetime] = {}
        # A refresh token, until when, and the access token that ends with it.
        self._refresh: dict[str, tuple[datetime, str]] = {}

    def knows(self, authorization: str) -> bool:
        kind, _, value = authorization.partition(" ")
        if kind == "Bearer":
            expires = self._tokens.get(value)
            return expires is not None and self._twin.now() < expires
        if kind == "Basic" and self._twin.api_token:
            email, token = self._twin.api_token
            try:
                given = base64.b64decode(value, validate=True)
            except binascii.Error:
                return False
            return hmac.compare_digest(given, f"{email}/token:{token}".encode())
        return False

    def token(self, given: Json) -> tuple[Json, int]:
        """The answer to a request for a token, and its status."""
        secret = self._twin.oauth_clients.get(str(given.get("client_id")))
        right = secret is not None and hmac.compare_digest(secret, str(given.get("client_secret")))
        if not right:
            return {"error": "invalid_client"}, 401
        match given.get("grant_type"):
            case "client_credentials":
                return self._issued(given, refresh=False), 200
            case "refresh_token":
                until, access = self._refresh.pop(
                    str(given.get("refresh_token")), (self._twin.now(), "")
                )
                if until <= self._twin.now():
                    return {"error": "invalid_grant"}, 400
                self._tokens.pop(access, None)
                return self._issued(given, refresh=True), 200
        return {"error": "unsupported_grant_type"}, 400

    def authorised(self) -> str:
        """The refresh token of somebody who has just clicked "Allow"."""
        answer = self._issued({}, refresh=True)
        return str(answer["refresh_token"])

    def _issued(self, given: Json, *, refresh: bool) -> Json:
        token, now = token_urlsafe(24), self._twin.now()
        self._tokens[token] = now + TOKEN_LIFE
        answer = {
            "access_token": token,
            "token_type": "bearer",
            "scope": given.get("scope", "read write"),
            "expires_in": int(TOKEN_LIFE.total_seconds()),
        }
        if refresh:
            answer["refresh_token"] = token_urlsafe(24)
            answer["refresh_token_expires_in"] = int(REFRESH_LIFE.total_seconds())
            self._refresh[answer["refresh_token"]] = (now + REFRESH_LIFE, token)
        return answer

    def forget(self) -> None:
        """As if an admin had revoked all access tokens."""
        self._tokens.clear()
