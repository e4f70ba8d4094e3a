"""What would have happened to an episode under other settings.

The local triggers are asked again at each customer message. What the model said and how often the
bot failed is known only as far as it happened, so those decisions are kept, or dropped where the
new settings switch them off. Behind the handoff the customer talks to an agent: a trigger that
would fire only there counts as later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from connector.domain.handoff import consider, decided
from connector.domain.handoff.base import HandoffPolicy, Trigger, Turn


class Label(StrEnum):
    """What agents said of a handoff, by a tag on its ticket."""

    NOT_NEEDED = "not_needed"  # handed back, or bot_should_have_known
    TOO_LATE = "too_late"  # handoff_too_late


class Change(StrEnum):
    SAME = "same"  # the same turn, or no handoff now as then
    EARLIER = "earlier"
    LATER = "later"
    ADDED = "added"  # none was made
    DROPPED = "dropped"  # none would be made


@dataclass(frozen=True)
class Past:
    """A stored episode. `handed_at`: how many customer messages came before the one that decided."""

    episode: str
    channel: str
    turns: tuple[Turn, ...]
    handed_at: int | None = None
    trigger: Trigger | None = None
    labels: frozenset[Label] = frozenset()


@dataclass(frozen=True)
class Replayed:
    past: Past
    change: Change
    at: int | None
    trigger: Trigger | None
    quote: str = ""

    @property
    def agrees(self) -> bool | None:
        """Whether the change is what the agents wanted; None if they said nothing."""
        if not self.past.labels:
            return None
        if Label.TOO_LATE in self.past.labels:
            return self.change is Change.EARLIER
        return self.change in (Change.DROPPED, Change.LATER)


def replay(past: Past, policy: HandoffPolicy) -> Replayed:
    at, trigger, quote = _first(past, policy)
    return Replayed(past, _change(past.handed_at, at), at, trigger, quote)


def _first(past: Past, policy: HandoffPolicy) -> tuple[int | None, Trigger | None, str]:
    kept = _kept(past, policy)
    customers = [i for i, turn in enumerate(past.turns) if turn.role == "customer"]
    for number, index in enumerate(customers):
        hit = decided(consider(past.turns[: index + 1], policy))
        if hit is not None:
            return number, hit.trigger, hit.evidence[0].quote if hit.evidence else ""
        if kept and number == past.handed_at:
            return number, past.trigger, past.turns[index].text
    return None, None, ""


def _kept(past: Past, policy: HandoffPolicy) -> bool:
    """Whether what decided then, and can't be asked again, would still decide."""
    match past.trigger:
        case Trigger.MODEL:
            return policy.model
        case Trigger.BOT_FAILURE:
            return policy.bot_failure_after is not None
        case Trigger.OPERATOR:
            return True
        case _:
            return False


def _change(before: int | None, after: int | None) -> Change:
    if before == after:
        return Change.SAME
    if before is None:
        return Change.ADDED
    if after is None:
        return Change.DROPPED
    return Change.EARLIER if after < before else Change.LATER


def rate(replayed: Sequence[Replayed], *, now: bool) -> float:
    """Handoffs an episode, as they were or (`now`) as they would be."""
    if not replayed:
        return 0.0
    found = sum((r.at if now else r.past.handed_at) is not None for r in replayed)
    return found / len(replayed)
