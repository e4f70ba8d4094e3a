"""Where an account's sign-in is kept: sealed, in the database, for all processes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from connector.sealing import Seal
from connector.storage import sign_ins
from connector.storage.engine import Database


class Vault:
    def __init__(self, db: Database, name: str, seal: Seal, now: Callable[[], datetime]) -> None:
        self._db, self._name, self._seal, self._now = db, name, seal, now

    def look(self) -> tuple[str, int]:
        """What is kept, "" where nothing readable is, and its version. Raise StorageUnavailable."""
        kept = self._db.read(lambda c: sign_ins.get(c, self._name))
        return (self._seal.open(kept.text) or "" if kept.text else "", kept.version)

    def claim(self, version: int, lease: timedelta) -> datetime | None:
        """Whose turn it is to renew this version: the end of the lease, or None for all others."""
        now = self._now()
        until = now + lease
        mine = self._db.write(lambda c: sign_ins.claim(c, self._name, version, now, until))
        return until if mine else None

    def keep(self, version: int, text: str) -> bool:
        """Replace this version; False where another has been faster."""
        sealed, now = self._seal.close(text), self._now()
        return self._db.write(lambda c: sign_ins.keep(c, self._name, version, sealed, now))

    def release(self, version: int, until: datetime) -> None:
        self._db.write(lambda c: sign_ins.release(c, self._name, version, until))
