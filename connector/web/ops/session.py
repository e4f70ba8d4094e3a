"""A session: a random cookie, of which the database keeps the digest."""

from __future__ import annotations

from datetime import timedelta
from secrets import token_urlsafe
from typing import Any

from werkzeug.wrappers import Response as Answer

from connector.storage import ops as store
from connector.web.ops import gate
from connector.web.ops.parts import Dashboard

LASTS = timedelta(hours=12)


def begin(dashboard: Dashboard, answer: Answer, whose: store.Session, came_to: str) -> None:
    """Stored and noted in one transaction, and put into the answer."""
    now, cookie = dashboard.parts.now(), token_urlsafe(32)

    def keep(connection: Any) -> None:
        store.begin(connection, cookie, whose, now, now + LASTS)
        store.note(connection, now, whose.account, "sign_in", "", came_to)

    dashboard.parts.db.write(keep)
    gate.set_cookie(answer, gate.SESSION, cookie, int(LASTS.total_seconds()))
