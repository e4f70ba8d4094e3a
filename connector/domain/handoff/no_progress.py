"""The conversation turns in circles.

Each sign that the last answer did not help earns points; being done with it wipes them out. Length
alone earns nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz.fuzz import ratio, token_sort_ratio

from connector.domain.handoff.base import (
    Considered,
    Evidence,
    HandoffPolicy,
    Trigger,
    Turn,
    evidence,
)
from connector.domain.handoff.frustration import solved
from connector.domain.handoff.normalise import words

THRESHOLD = 0.5
_POINTS_A_TURN = 0.6  # of the bot turns that an operator allows: 5 turns are 3 points
_SAME = 85  # of 100: said again
_ALIKE = 68  # of 100: said in other words
_BACK = 4  # messages of the same side that a message is compared with
_LOOKED_AT = 24  # turns: what lies further back is another matter
_WORDS = 3  # shorter messages repeat without meaning it


@dataclass
class _Tally:
    points: float = 0.0
    proof: list[Evidence] = field(default_factory=list)
    customer: list[str] = field(default_factory=list)
    bot: list[str] = field(default_factory=list)

    def add(self, points: float, turn: Turn, detail: str) -> None:
        self.points += points
        self.proof.append(evidence(turn, detail))


def consider(turns: Sequence[Turn], policy: HandoffPolicy) -> Considered:
    if policy.no_progress is None:
        return Considered(Trigger.NO_PROGRESS, False, 0.0, THRESHOLD)
    tally = _Tally()
    for turn in turns[-_LOOKED_AT:]:
        if turn.role == "bot":
            _bot(turn, tally, policy)
        elif turn.role == "customer":
            _customer(turn, tally, policy)
    allowed = max(policy.no_progress.bot_turns, 1) * _POINTS_A_TURN
    fired = tally.points >= allowed and bool(tally.bot)
    score = min(tally.points / allowed * THRESHOLD, 1.0) if tally.bot else 0.0
    proof = tuple(tally.proof) if tally.bot else ()
    return Considered(Trigger.NO_PROGRESS, fired, score, THRESHOLD, proof)


def _bot(turn: Turn, tally: _Tally, policy: HandoffPolicy) -> None:
    text = _plain(turn)
    if _is_lost(turn, policy):
        tally.add(1.0, turn, "the bot does not understand")
    else:
        _again(_likeness(text, tally.bot), turn, tally, "the bot repeats itself")
    tally.bot.append(text)


def _customer(turn: Turn, tally: _Tally, policy: HandoffPolicy) -> None:
    text = _plain(turn)
    stuck = _stuck(turn, policy)
    if not stuck and solved(turn, policy):
        tally.points = 0.0
        tally.proof.clear()
        tally.customer.clear()
        return
    _again(_likeness(text, tally.customer), turn, tally, "the customer repeats it")
    if stuck and tally.bot:
        tally.add(1.0, turn, stuck)
    tally.customer.append(text)


def _again(likeness: float, turn: Turn, tally: _Tally, detail: str) -> None:
    if likeness >= _SAME:
        tally.add(1.5, turn, detail)
    elif likeness >= _ALIKE:
        tally.add(1.0, turn, f"{detail} in other words")


def _plain(turn: Turn) -> str:
    return " ".join(words(turn.text).words[:60])


def _likeness(text: str, earlier: Sequence[str]) -> float:
    if len(text.split()) < _WORDS:
        return 0.0
    return max((_alike(text, one) for one in earlier[-_BACK:]), default=0.0)


def _alike(one: str, other: str) -> float:
    if len(other.split()) < _WORDS:
        return 0.0
    if other in one or one in other:
        return 90.0
    return max(ratio(one, other), token_sort_ratio(one, other))


def _stuck(turn: Turn, policy: HandoffPolicy) -> str:
    said = policy.phrases.first("stuck", turn.text)
    return f"gets no further: {said}" if said else ""


def _is_lost(turn: Turn, policy: HandoffPolicy) -> bool:
    return bool(policy.phrases.first("lost", turn.text))
