"""The operators' side in the database: who is signed in, and what they did."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from connector.storage.tables import audit, ops_sessions

PAGE = 100


def digest(cookie: str) -> str:
    """What is kept of a session's cookie: who reads the database can't sign in with it."""
    return hashlib.sha256(cookie.encode()).hexdigest()


@dataclass(frozen=True)
class Session:
    """Whose it is. `kind` and `role` are kept of who signed in elsewhere; an account's are configured."""

    account: str
    kind: str | None = None  # "oidc"
    role: str | None = None


def begin(
    connection: Connection, cookie: str, whose: Session, at: datetime, ends: datetime
) -> None:
    """A session; those that have run out are forgotten."""
    connection.execute(delete(ops_sessions).where(ops_sessions.c.ends_at <= at))
    row = {"digest": digest(cookie), "account": whose.account, "began_at": at, "ends_at": ends}
    row |= {"kind": whose.kind, "role": whose.role}
    connection.execute(insert(ops_sessions), [row])


def session_of(connection: Connection, cookie: str, at: datetime) -> Session | None:
    """None if there is none any more."""
    s = ops_sessions.c
    asked = select(s.account, s.kind, s.role).where(s.digest == digest(cookie), s.ends_at > at)
    row = connection.execute(asked).first()
    return Session(*row) if row else None


def end(connection: Connection, cookie: str) -> None:
    connection.execute(delete(ops_sessions).where(ops_sessions.c.digest == digest(cookie)))


@dataclass(frozen=True)
class Entry:
    """One line of the audit log."""

    at: datetime
    account: str
    action: str  # sign_in, hand_over, replay, ...
    subject: str  # the conversation, what was buried, a topic
    came_to: str


def note(
    connection: Connection, at: datetime, account: str, action: str, subject: str, came_to: str
) -> None:
    """In the transaction of the action itself: there is no action without its line."""
    row = {"at": at, "account": account[:100], "action": action}
    row |= {"subject": subject[:200], "came_to": came_to[:200]}
    connection.execute(insert(audit), [row])


def entries(connection: Connection, before: int | None = None) -> list[tuple[int, Entry]]:
    """The newest first, with their numbers; at most PAGE."""
    a = audit.c
    asked = select(a.id, a.at, a.account, a.action, a.subject, a.came_to)
    if before is not None:
        asked = asked.where(a.id < before)
    rows = connection.execute(asked.order_by(a.id.desc()).limit(PAGE))
    return [(row[0], Entry(*row[1:])) for row in rows]
