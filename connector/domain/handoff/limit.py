"""The bot has answered as often as the operator allows in one episode."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.handoff.base import Considered, Trigger, Turn, evidence

THRESHOLD = 0.5


def consider(replies: int, allowed: int, turns: Sequence[Turn]) -> Considered:
    fired = replies >= allowed
    score = 1.0 if fired else replies / allowed * THRESHOLD
    last = next((t for t in reversed(turns) if t.role == "customer"), None)
    detail = f"the bot has replied {replies} times, {allowed} are allowed"
    proof = (evidence(last, detail),) if fired and last else ()
    return Considered(Trigger.NO_PROGRESS, fired, score, THRESHOLD, proof)
