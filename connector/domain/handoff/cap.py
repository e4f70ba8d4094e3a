"""The operator's limits forbid the bot to answer: a person does."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.caps import Cap
from connector.domain.handoff.base import Considered, Evidence, Trigger, Turn, evidence


def consider(reached: Cap, turns: Sequence[Turn]) -> Considered:
    detail = f"the limit {reached.name} is used up ({reached.allowed})"
    last = next((t for t in reversed(turns) if t.role == "customer"), None)
    proof = evidence(last, detail) if last else Evidence((), "", detail)
    return Considered(Trigger.BOT_FAILURE, True, 1.0, 0.5, (proof,))
