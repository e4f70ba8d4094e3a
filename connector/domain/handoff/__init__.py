"""When a person should take over: pure, scored, each trigger a module of its own."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.handoff import (
    bot_failure,
    explicit_request,
    frustration,
    keywords,
    legal,
    limit,
    model,
    no_progress,
    offer_accepted,
    safety,
)
from connector.domain.handoff.base import Considered, HandoffPolicy, Turn

__all__ = ["bot_failure", "consider", "decided", "limit", "model"]


def consider(turns: Sequence[Turn], policy: HandoffPolicy) -> tuple[Considered, ...]:
    """Every local trigger at the newest customer turn, in the order in which they decide.

    `turns` is the episode since the last hand-back; what was before is of no interest.
    """
    if not turns or turns[-1].role != "customer":
        return ()
    newest = turns[-1]
    found: list[Considered] = []
    if policy.explicit_request:
        found.append(explicit_request.consider(newest, policy))
    found.append(offer_accepted.consider(turns, policy))
    if policy.legal:
        found.append(legal.consider(newest, policy))
    if policy.safety:
        found.append(safety.consider(newest, policy))
    if policy.no_progress:
        found.append(no_progress.consider(turns, policy))
    if policy.frustration:
        found.append(frustration.consider(turns, policy))
    if policy.keywords:
        found.append(keywords.consider(newest, policy))
    return tuple(found)


def decided(considered: Sequence[Considered]) -> Considered | None:
    return next((one for one in considered if one.fired), None)
