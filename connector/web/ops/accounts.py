"""Passwords: argon2id, compared as slowly for a name that there is as for one that there is not."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Literal

from connector.domain.limits import Limit

LONGEST_PASSWORD = 1000
# A try costs 64 MiB and tens of milliseconds: no more than two at once.
_turns = threading.BoundedSemaphore(2)
PATIENCE = 5.0  # seconds


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in."""

    name: str
    password_hash: str = field(repr=False)
    role: Literal["viewer", "operator"]


class Busy(Exception):
    """Too many try to sign in at this moment."""


def hash_of(password: str) -> str:
    """What goes into the configuration."""
    from argon2 import PasswordHasher  # read when it is needed: most processes never do

    return PasswordHasher().hash(password)


def right(accounts: Mapping[str, Account], name: str, password: str) -> Account | None:
    """The account, if that is its password. Raise Busy."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    account = accounts.get(name)
    if not _turns.acquire(timeout=PATIENCE):
        raise Busy
    try:
        known = account.password_hash if account else _nobodys()
        PasswordHasher().verify(known, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return None
    finally:
        _turns.release()
    return account


@cache
def _nobodys() -> str:
    return hash_of("a password that opens nothing")


def limits(accounts: Mapping[str, Account], name: str) -> tuple[Limit, ...]:
    """How fast may be guessed; names that are not there share one limit, so that they fill nothing."""
    known = name if name in accounts else "-"
    return (
        Limit(f"ops:sign_in:{known}", timedelta(minutes=1), 10),
        Limit("ops:sign_in", timedelta(seconds=2), 30),
    )
