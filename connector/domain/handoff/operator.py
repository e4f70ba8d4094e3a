"""An operator's order: nothing is weighed."""

from __future__ import annotations

from connector.domain.handoff.base import Considered, Evidence, Trigger, Turn, evidence


def consider(account: str, turns: tuple[Turn, ...]) -> Considered:
    """With the customer's last words, if there are any, for the agent to begin with."""
    detail = f"ordered by {account} on the dashboard"
    last = next((t for t in reversed(turns) if t.role == "customer"), None)
    proof = evidence(last, detail) if last else Evidence((), "", detail)
    return Considered(Trigger.OPERATOR, True, 1.0, 1.0, (proof,), source="operator")
