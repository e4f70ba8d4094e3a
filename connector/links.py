"""Addresses of agents' files: signed, good for a while, and for the one file that they name.

The keys follow from the helpdesk's webhook secrets, so that all processes of a fleet agree and a rotation
of those rotates these: the first one signs, all of them verify. A link is a function of what it names
and the time at which it was ordered: the same decision made again makes the same link.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from connector.domain.ids import ExternalId

SALT = "connector.media"
LONGEST = 400  # characters of a token


class BadToken(Exception):
    """Not one of ours."""


class ExpiredToken(Exception):
    """Ours, and over."""


@dataclass(frozen=True)
class Named:
    """The file that a token is for."""

    helpdesk: str
    attachment: ExternalId


class Links:
    def __init__(self, secrets: Mapping[str, Sequence[str]], life: Mapping[str, timedelta]) -> None:
        """By the helpdesks' names."""
        # itsdangerous signs with the last of several keys.
        self._serializers = {
            name: URLSafeSerializer([_key(name, s) for s in reversed(given)], salt=SALT)
            for name, given in secrets.items()
        }
        self._life = dict(life)

    def token(self, helpdesk: str, attachment: ExternalId, at: datetime) -> str:
        until = int((at + self._life[helpdesk]).timestamp())
        made = self._serializers[helpdesk].dumps([helpdesk, attachment, until])
        return made if isinstance(made, str) else made.decode()

    def read(self, token: str, now: datetime) -> Named:
        """Raise BadToken or ExpiredToken."""
        for helpdesk, serializer in self._serializers.items():
            found = self._opened(serializer, token)
            if found is not None and found[0] == helpdesk:
                if datetime.fromtimestamp(found[2], UTC) <= now:
                    raise ExpiredToken
                return Named(helpdesk, ExternalId(found[1]))
        raise BadToken

    @staticmethod
    def _opened(serializer: URLSafeSerializer, token: str) -> tuple[str, str, int] | None:
        try:
            helpdesk, attachment, until = serializer.loads(token[: LONGEST + 1])
        except (BadData, ValueError, TypeError):
            return None
        return str(helpdesk), str(attachment), int(until)


def _key(helpdesk: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), f"{SALT}:{helpdesk}".encode(), "sha256")
