"""Somebody may come to harm."""

from __future__ import annotations

from connector.domain.handoff.base import Considered, HandoffPolicy, Trigger, Turn
from connector.domain.handoff.listed import look_up


def consider(turn: Turn, policy: HandoffPolicy) -> Considered:
    return look_up(turn, policy, Trigger.SAFETY, "safety")
