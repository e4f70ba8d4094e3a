"""What lies in the database and must be of no use to whoever reads only that.

Sealed with Fernet (AES-128-CBC and HMAC-SHA256), under a key that is derived from a secret of the
configuration: whoever has the secret needs no token, and there is no further key to look after.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class Seal:
    """For one purpose: what was sealed for another one, or under another secret, does not open."""

    def __init__(self, secret: str, purpose: str) -> None:
        self._secret, self._purpose = secret.encode(), purpose.encode()

    def close(self, text: str) -> str:
        return self._fernet().encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """None where this seal did not make it, or somebody changed it."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet().decrypt(sealed.encode()).decode()
        except (InvalidToken, UnicodeError):
            return None

    def _fernet(self) -> Fernet:
        # Imported when there is a token: with an API token nobody pays its 7 MB.
        from cryptography.fernet import Fernet
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        key = HKDF(SHA256(), length=32, salt=None, info=self._purpose).derive(self._secret)
        return Fernet(urlsafe_b64encode(key))
