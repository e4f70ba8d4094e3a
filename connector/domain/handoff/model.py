"""The model's own decision, which counts only with a reason; its quote only if it was said.

How it is merged with the local triggers: an explicit request, a yes to an offer, legal and safety
fire before the model is asked. When it is asked and wants a person, its score is
trust * its own + (1 - trust) * the higher one of frustration and no progress. With the default
trust of 1 it decides by itself; a model that hands over too early is told to less, and then needs
signs of anger or of going in circles.
"""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.handoff import frustration, no_progress
from connector.domain.handoff.base import Considered, Evidence, HandoffPolicy, Trigger, Turn
from connector.domain.handoff.normalise import fold

THRESHOLD = 0.5
_REASON = 300


def consider(
    trigger: str, reason: str, quote: str, turns: Sequence[Turn], policy: HandoffPolicy
) -> Considered:
    """`trigger` is the model's own word for why, kept in the evidence."""
    why = " ".join(reason.split())[:_REASON]
    if not policy.model or not why:
        return Considered(Trigger.MODEL, False, 0.0, THRESHOLD, source="model")
    said = _said(quote, turns)
    last = next((t for t in reversed(turns) if t.role == "customer"), None)
    messages = (said.id,) if said else ((last.id,) if last else ())
    detail = f"{trigger.strip()}: {why}" if trigger.strip() else why
    proof = (Evidence(messages, quote.strip() if said else "", detail),)
    own = 1.0 if said else 0.7
    score = policy.model_trust * own + (1 - policy.model_trust) * _local(turns, policy)
    return Considered(Trigger.MODEL, score >= THRESHOLD, score, THRESHOLD, proof, source="model")


def _local(turns: Sequence[Turn], policy: HandoffPolicy) -> float:
    """How much else speaks for a person."""
    angry, stuck = frustration.consider(turns, policy), no_progress.consider(turns, policy)
    return max(angry.score, stuck.score)


def _said(quote: str, turns: Sequence[Turn]) -> Turn | None:
    wanted = _flat(quote)
    if not wanted:
        return None
    customer = (t for t in reversed(turns) if t.role == "customer")
    return next((t for t in customer if wanted in _flat(t.text)), None)


def _flat(text: str) -> str:
    return " ".join(fold(text).split())
