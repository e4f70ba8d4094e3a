"""What an operator has to look at: a line in the log at error level, and a count in /metrics."""

from __future__ import annotations

from prometheus_client import Counter

from connector import log

ALERTS = Counter(
    "connector_alerts", "What an operator has to look at, since this process started",
    ["kind", "owner"],
)  # fmt: skip
_log = log.get(__name__)


def alert(kind: str, owner: str, **ids: object) -> None:
    """`owner` is the channel's or helpdesk's name; `ids` never hold a text, a number or a token."""
    _log.error("alert", kind=kind, owner=owner, **ids)
    ALERTS.labels(kind, owner).inc()
