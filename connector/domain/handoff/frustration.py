"""The customer is getting angry: so many of the last few messages were.

One angry word is no reason; thanks and "it works now" wipe out what was before.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from connector.domain.handoff.base import Considered, HandoffPolicy, Trigger, Turn, evidence
from connector.domain.handoff.normalise import considered
from connector.domain.handoff.phrases import Language

THRESHOLD = 0.5
_BIAS = -1.35  # the weights' sum at which a message counts as frustrated
_SHOUT = re.compile(r"[A-Z]{3,}")
_LETTERS = re.compile(r"[A-Za-z]+")
_ANGRY = frozenset("😠😡🤬😤🙄😒👎💩🖕😾😑🤦")
_GLAD = frozenset("😀😃😄😁😊🙂😍🥰😘😎👍🙏❤💖💕🎉😂🤣😋🤗👏💙😉🥳✨💗")
_MARKS = (
    (re.compile(r"[:;=]-?[)D]"), -0.8),
    (re.compile(r"[:;=]-?[(/]"), 0.3),
    (re.compile(r"!!+|\?!|!\?"), 0.5),
    (re.compile(r"\?\?+"), 0.4),
    (re.compile(r"\.\.\."), 0.2),
)


def consider(turns: Sequence[Turn], policy: HandoffPolicy) -> Considered:
    if policy.frustration is None:
        return Considered(Trigger.FRUSTRATION, False, 0.0, THRESHOLD)
    window, at_least = policy.frustration.window, policy.frustration.at_least
    scored: list[tuple[float, Turn, str | None]] = []
    for turn in [t for t in turns if t.role == "customer"][-window:]:
        if solved(turn, policy):
            scored.clear()
        score, language = score_of(turn.text, policy)
        scored.append((score, turn, language))
    ranked = sorted(scored, key=lambda one: -one[0])
    score = ranked[at_least - 1][0] if len(ranked) >= at_least else 0.0
    fired = score >= THRESHOLD
    heated = [one for one in scored if one[0] >= THRESHOLD]  # near misses too: "why not"
    proof = tuple(evidence(turn, f"frustrated ({score:.2f})") for score, turn, _ in heated)
    language = heated[-1][2] if fired else None
    return Considered(Trigger.FRUSTRATION, fired, score, THRESHOLD, proof, language=language)


def of_message(turn: Turn, policy: HandoffPolicy) -> Considered:
    """One message by itself."""
    score, language = score_of(turn.text, policy)
    fired = score >= THRESHOLD
    proof = (evidence(turn, f"frustrated ({score:.2f})"),) if fired else ()
    return Considered(Trigger.FRUSTRATION, fired, score, THRESHOLD, proof, language=language)


def score_of(text: str, policy: HandoffPolicy) -> tuple[float, str | None]:
    """How frustrated one message sounds, and in which language."""
    best, name = 0.0, None
    style = _style(considered(text))
    for language, weight in _weights(text, policy):
        if name is None or abs(weight) > abs(best):
            best, name = weight, language.name
    return 1 / (1 + math.exp(-(best + style + _BIAS))), name


def _weights(text: str, policy: HandoffPolicy) -> list[tuple[Language, float]]:
    found = []
    for language, words in policy.phrases.read(text):
        weight, taken = 0.0, 0
        matches = sorted(
            language["frustrated"].find(words),
            key=lambda m: (m.begin, -m.end, -abs(m.pattern.weight)),
        )
        for match in matches:  # of phrases that overlap, the one that begins first and is longest
            if match.begin >= taken:
                weight, taken = weight + match.pattern.weight, match.end
        found.append((language, weight * _length(len(words))))
    return found


def _length(count: int) -> float:
    """A long text gathers more words of either kind without being angrier."""
    return 1.0 if count <= 25 else math.sqrt(25 / count)


def _style(text: str) -> float:
    """What capitals, punctuation and faces add."""
    total = sum(weight for pattern, weight in _MARKS if pattern.search(text))
    total += 0.9 * any(c in _ANGRY for c in text) - 0.8 * any(c in _GLAD for c in text)
    letters = _LETTERS.findall(text)
    shouted = len(_SHOUT.findall(text))
    if len(letters) >= 4 and shouted * 2 > len(letters):
        total += 0.7  # nearly everything in capitals
    elif shouted and len(letters) >= 6:
        total += 0.2
    return total


def solved(turn: Turn, policy: HandoffPolicy) -> bool:
    """Whether the customer says that it works now, or thanks."""
    return any(x["solved"].first(words) is not None for x, words in policy.phrases.read(turn.text))
