"""An OAuth token: read from Zendesk's answer, written down for the other processes, read again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import requests

from connector.helpdesks.zendesk.refusals import Call

RENEW = Call("renew_token", repeatable=True)
# More than a lease: one who dies while renewing costs the others nothing.
EARLY = timedelta(minutes=2)
_LONGEST = 365 * 86400.0


class Vault(Protocol):
    """Where the sign-in is kept for all who use this account. Each method raises StorageError."""

    def look(self) -> tuple[str, int]:
        """What is kept, "" for nothing, and its version."""
        ...

    def claim(self, version: int, lease: timedelta) -> datetime | None:
        """For one of those who want to renew this version: until when. None for all others."""
        ...

    def keep(self, version: int, text: str) -> bool:
        """Replace this version; False where another has been faster."""
        ...

    def release(self, version: int, until: datetime) -> None:
        """The claim came to nothing."""
        ...


class Alone:
    """A vault for a single program that forgets; whoever renews in it holds a lock."""

    def __init__(self) -> None:
        self._text, self._version = "", 0

    def look(self) -> tuple[str, int]:
        return self._text, self._version

    def claim(self, version: int, lease: timedelta) -> datetime | None:
        return datetime.max.replace(tzinfo=UTC)

    def keep(self, version: int, text: str) -> bool:
        self._text, self._version = text, version + 1
        return True

    def release(self, version: int, until: datetime) -> None:
        """Nobody waits."""


@dataclass(frozen=True)
class Token:
    access: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime | None  # None: it does not expire
    refresh: str = field(default="", repr=False)
    seed: str = ""  # which configured refresh token it goes back to

    @property
    def header(self) -> str:
        return f"Bearer {self.access}"

    @property
    def renew_at(self) -> datetime | None:
        if self.expires_at is None:
            return None
        return self.expires_at - min(EARLY, (self.expires_at - self.issued_at) / 2)

    def is_good(self, now: datetime) -> bool:
        """Not yet to be renewed."""
        return self.renew_at is None or now < self.renew_at

    def is_alive(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


def seed_of(refresh_token: str) -> str:
    """Tells one configured refresh token from another, and gives nothing of it away."""
    return hashlib.sha256(refresh_token.encode()).hexdigest()[:16] if refresh_token else ""


def read_answer(answer: requests.Response, asked_at: datetime, seed: str) -> Token:
    """Raise Transient where it holds no token."""
    body = answer.json()
    access, seconds = body.get("access_token"), body.get("expires_in")
    if not _is_token(access):
        raise RENEW.unreadable("no access_token")
    refresh = body.get("refresh_token")
    refresh = refresh if seed and _is_token(refresh) else ""
    if not isinstance(seconds, int | float) or seconds <= 0:
        return Token(access, asked_at, None, refresh, seed)
    expires_at = asked_at + timedelta(seconds=min(float(seconds), _LONGEST))
    return Token(access, asked_at, expires_at, refresh, seed)


def _is_token(value: object) -> bool:
    return isinstance(value, str) and bool(value) and value.isascii() and value.isprintable()


def written(token: Token) -> str:
    expires = token.expires_at.isoformat() if token.expires_at else None
    return json.dumps({
        "access": token.access, "refresh": token.refresh, "seed": token.seed,
        "issued_at": token.issued_at.isoformat(), "expires_at": expires,
    })  # fmt: skip


def read(text: str, seed: str) -> Token | None:
    """None where nothing is kept, or it was kept for another way to sign in."""
    if not text:
        return None
    kept: dict[str, Any] = json.loads(text)
    if kept["seed"] != seed:
        return None
    expires = kept["expires_at"]
    return Token(
        kept["access"],
        datetime.fromisoformat(kept["issued_at"]),
        datetime.fromisoformat(expires) if expires else None,
        kept["refresh"],
        kept["seed"],
    )
