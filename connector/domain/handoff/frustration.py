"""The customer is getting angry: so many of the last few messages were.

One angry word is no reason; thanks and "it works now" wipe out what was before. The phrases that
count, with their weights, stand in config/phrases/; how much they and the manner of writing
count is fitted (bench/fit_frustration.py) and stands in weights.py.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from connector.domain.handoff.base import Considered, HandoffPolicy, Trigger, Turn, evidence
from connector.domain.handoff.normalise import considered
from connector.domain.handoff.normalise import words as words_of
from connector.domain.handoff.phrases import Language
from connector.domain.handoff.weights import BIAS, WEIGHTS

THRESHOLD = 0.5  # of one message
TOGETHER = 0.8  # of several, on average: two that are only just frustrated are none of our business
_SHOUT = re.compile(r"[A-Z]{3,}")
_SOME = 4  # words
_LETTERS = re.compile(r"[A-Za-z]+")
_ANGRY = frozenset("😠😡🤬😤🙄😒👎💩🖕😾😑🤦")
_GLAD = frozenset("😀😃😄😁😊🙂😍🥰😘😎👍🙏❤💖💕🎉😂🤣😋🤗👏💙😉🥳✨💗")
_MARKS = {
    "smile": re.compile(r"[:;=]-?[)D]"),
    "frown": re.compile(r"[:;=]-?[(/](?!/)"),
    "bang": re.compile(r"!!|\?!|!\?"),
    "doubt": re.compile(r"\?\?"),
    "trail": re.compile(r"\.\.\."),
    "spans": re.compile(
        r"\b\d+ ?(?:h|hrs?|hours?|days?|weeks?|months?|times?|mins?|minutes?)\b", re.I
    ),
}
_LONG = 50.0  # words: where length counts as 1


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
    ranked = sorted((one[0] for one in scored), reverse=True)[:at_least]
    score, threshold = _together(ranked, at_least), TOGETHER if at_least > 1 else THRESHOLD
    fired = score >= threshold
    heated = [one for one in scored if one[0] >= THRESHOLD]  # near misses too: "why not"
    proof = tuple(evidence(turn, f"frustrated ({score:.2f})") for score, turn, _ in heated)
    language = heated[-1][2] if fired else None
    return Considered(Trigger.FRUSTRATION, fired, score, threshold, proof, language=language)


def _together(ranked: Sequence[float], at_least: int) -> float:
    """Each of the messages must be frustrated, and together they must be clearly so."""
    if len(ranked) < at_least:
        return 0.0
    return ranked[-1] if ranked[-1] < THRESHOLD else sum(ranked) / at_least


def of_message(turn: Turn, policy: HandoffPolicy) -> Considered:
    """One message by itself."""
    score, language = score_of(turn.text, policy)
    fired = score >= THRESHOLD
    proof = (evidence(turn, f"frustrated ({score:.2f})"),) if fired else ()
    return Considered(Trigger.FRUSTRATION, fired, score, THRESHOLD, proof, language=language)


def score_of(text: str, policy: HandoffPolicy) -> tuple[float, str | None]:
    """How frustrated one message sounds, and in which language."""
    found, name = features(text, policy)
    total = BIAS + sum(WEIGHTS.get(feature, 0.0) * value for feature, value in found.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total)))), name


def features(text: str, policy: HandoffPolicy) -> tuple[dict[str, float], str | None]:
    """What is weighed of one message, each between -12 and 12, and the language it was read in."""
    best, name = 0.0, None
    for language, weight in _weights(text, policy):
        if name is None or abs(weight) > abs(best):
            best, name = weight, language.name
    seen = considered(text)
    found = {mark: 1.0 for mark, pattern in _MARKS.items() if pattern.search(seen)}
    found["phrases"] = max(-12.0, min(12.0, best))
    found["angry face"] = float(not _ANGRY.isdisjoint(seen))
    found["glad face"] = float(not _GLAD.isdisjoint(seen))
    found["question"] = float(seen.rstrip().endswith("?"))
    found["length"] = min(len(words_of(text)) / _LONG, 1.0)
    letters = _LETTERS.findall(seen)
    shouted = len(_SHOUT.findall(seen))
    all_loud = len(letters) >= _SOME and shouted * 2 > len(letters)
    found["all in capitals"] = float(all_loud)
    found["some in capitals"] = float(bool(shouted) and not all_loud and len(letters) > _SOME)
    return found, name


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


def solved(turn: Turn, policy: HandoffPolicy) -> bool:
    """Whether the customer says that it works now, or thanks."""
    return bool(policy.phrases.first("solved", turn.text))
