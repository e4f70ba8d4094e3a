"""The customer threatens with law, press, a regulator or their bank."""

from __future__ import annotations

from connector.domain.handoff.base import Considered, HandoffPolicy, Trigger, Turn
from connector.domain.handoff.listed import look_up


def consider(turn: Turn, policy: HandoffPolicy) -> Considered:
    return look_up(turn, policy, Trigger.LEGAL, "legal")
