"""The bot could not answer, so often that waiting longer would leave the customer alone."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.handoff.base import Considered, HandoffPolicy, Trigger, Turn, evidence

THRESHOLD = 0.5


def consider(
    attempts: int,
    reason: str,
    turns: Sequence[Turn],
    policy: HandoffPolicy,
    *,
    final: bool = False,
) -> Considered:
    """`reason` is the kind of failure: timeout, refusal, overloaded, malformed.

    `final`: trying again would change nothing, as with a refusal, however few the attempts were.
    """
    allowed = policy.bot_failure_after
    if allowed is None:
        return Considered(Trigger.BOT_FAILURE, False, 0.0, THRESHOLD)
    allowed = max(allowed, 1)
    fired = final or attempts >= allowed
    score = 1.0 if final else min(attempts / allowed * THRESHOLD, 1.0)
    last = next((t for t in reversed(turns) if t.role == "customer"), None)
    detail = f"{reason} ({attempts} {'attempt' if attempts == 1 else 'attempts'})"
    proof = (evidence(last, detail),) if fired and last else ()
    return Considered(Trigger.BOT_FAILURE, fired, score, THRESHOLD, proof)
