"""The project's own lines, as people of many trades write them: tests/fixtures/handoff/blind/.

They were written before the rules that they judge. What stands under [late] was written when the rules
stood; of the rest, half A may be looked at when rules are changed, half B is only reported.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from connector.domain.handoff import (
    explicit_request,
    frustration,
    legal,
    offer_accepted,
    safety,
)
from connector.domain.handoff.base import HandoffPolicy, Turn
from connector.domain.handoff.scoring import Judged

FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures" / "handoff"
BLIND = FIXTURES / "blind"
STRANGERS = FIXTURES / "strangers"  # by people who had never seen the rules
Half = Literal["A", "B", "late"]


@dataclass(frozen=True)
class Line:
    kind: str  # requests, legal, safety, stuck, offer, anger
    language: str
    positive: bool
    text: str
    half: Half


def read(folder: Path = BLIND) -> list[Line]:
    return [line for path in sorted(folder.glob("*.txt")) for line in _of(path)]


def _of(path: Path) -> Iterator[Line]:
    kind = ""
    for written in path.read_text(encoding="utf-8").splitlines():
        if written.startswith("["):
            kind = written.strip("[]")
        elif written[:2] in ("+ ", "- "):
            sign, text = written[0], written[2:]
            half: Half = "B" if zlib.crc32(text.encode()) % 2 else "A"
            late = kind == "late"
            yield Line(
                "requests" if late else kind,
                path.stem,
                sign == "+",
                text,
                "late" if late else half,
            )


def judged(lines: Sequence[Line], policy: HandoffPolicy) -> list[Judged]:
    verdicts = [KINDS[line.kind](line.text, policy) for line in lines]
    return [
        Judged(line.positive, fired, score)
        for line, (fired, score) in zip(lines, verdicts, strict=True)
    ]


Verdict = Callable[[str, HandoffPolicy], tuple[bool, float]]


def _turn(text: str) -> Turn:
    return Turn("2", "customer", text)


def _request(text: str, policy: HandoffPolicy) -> tuple[bool, float]:
    found = explicit_request.consider(_turn(text), policy)
    return found.fired, found.score


def _legal(text: str, policy: HandoffPolicy) -> tuple[bool, float]:
    found = legal.consider(_turn(text), policy)
    return found.fired, found.score


def _safety(text: str, policy: HandoffPolicy) -> tuple[bool, float]:
    found = safety.consider(_turn(text), policy)
    return found.fired, found.score


def _stuck(text: str, policy: HandoffPolicy) -> tuple[bool, float]:
    """One sign of no progress; a handoff takes several."""
    said = bool(policy.phrases.first("stuck", text)) and not frustration.solved(_turn(text), policy)
    return said, float(said)


def _offer(text: str, policy: HandoffPolicy) -> tuple[bool, float]:
    """As an answer to the bot's offer of a person; "offer ||| answer" where the offer is given."""
    said, parted, answer = text.rpartition("|||")
    offer = Turn("1", "bot", said or "Shall I?", offers_person=not parted)
    found = offer_accepted.consider((offer, _turn(answer)), policy)
    return found.fired, found.score


def _anger(text: str, policy: HandoffPolicy) -> tuple[bool, float]:
    found = frustration.of_message(_turn(text), policy)
    return found.fired, found.score


KINDS: dict[str, Verdict] = {
    "requests": _request,
    "legal": _legal,
    "safety": _safety,
    "stuck": _stuck,
    "offer": _offer,
    "anger": _anger,
}
