"""The articles that a request carries, cut into passages, and those that fit a question."""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass

from connector.sandbox.anthropic.words import Weights, every, words

_ARTICLE = re.compile(r'<article title="([^"]*)"[^>]*>(.*?)</article>', re.DOTALL)
_MARKS = re.compile(r"\*\*|__|`|^#+\s*|^>\s*", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(])")
ENOUGH = 0.5  # of the weight of a word that only one passage has; below it nothing fits
LIKE_HEADING = 2.5  # what a heading that asks the same question is worth
LENGTH = 300  # characters of an answer


@dataclass(frozen=True)
class Passage:
    title: str
    heading: str
    text: str


@dataclass(frozen=True)
class Found:
    title: str
    text: str
    score: float


def passages(system: str) -> list[Passage]:
    """A passage is what stands under one heading, or one item of a list with it."""
    found = []
    for title, body in _ARTICLE.findall(system):
        heading = ""
        for block in re.split(r"\n\s*\n", html.unescape(body).strip()):
            lines = block.strip().splitlines()
            if lines and lines[0].startswith("#"):
                heading = lines[0].lstrip("# ").strip()
                lines = lines[1:]
            text = _plain(lines)
            if text:
                found.append(Passage(html.unescape(title), heading, text))
    return found


def _plain(lines: list[str]) -> str:
    joined = " ".join(
        re.sub(r"^\s*(?:[-*+]|\d+\.)\s+(.*?)([.;:])?$", r"\1\2", x).strip()
        + ("." if re.match(r"\s*(?:[-*+]|\d+\.)\s", x) and not x.rstrip().endswith(".") else "")
        for x in lines
    )
    return _MARKS.sub("", _LINK.sub(r"\1 (\2)", joined)).strip()


def search(system: str, question: str, before: str = "") -> Found | None:
    """The sentences that answer, from one passage; what was said before counts a little."""
    there = passages(system)
    weights = Weights(f"{p.title} {p.heading} {p.text}" for p in there)
    context = Counter(words(before))
    found = [
        (_score(passage, part, context, weights), passage, part)
        for part in _parts(question)
        for passage in there
    ]
    score, passage, part = max(found, key=lambda each: each[0], default=(0.0, None, ""))
    if passage is None or score < ENOUGH * weights.most:
        return None
    return Found(passage.title, _fitting(passage.text, Counter(words(part)), weights), score)


def _parts(question: str) -> list[str]:
    """What is asked, and what is told around it: "Where is my parcel? I ordered on Monday"."""
    asked = [s for s in re.split(r"(?<=[.!?])\s+", question) if s.endswith("?")]
    return asked or [question]


def _score(passage: Passage, part: str, context: Counter[str], weights: Weights) -> float:
    asked = Counter(words(part))
    score = weights.common(asked, f"{passage.heading} {passage.text}")
    score += 0.8 * weights.common(asked, passage.title)
    if score > 0:
        score += LIKE_HEADING * _alike(part, passage.heading)
        score += 0.25 * weights.common(context, f"{passage.title} {passage.heading}")
    return score


def _alike(question: str, heading: str) -> float:
    """The share of words that both have, the small ones too."""
    asked, stands = set(every(question)), set(every(heading))
    both = asked | stands
    return len(asked & stands) / len(both) if both else 0.0


def _fitting(text: str, asked: Counter[str], weights: Weights) -> str:
    """As many whole sentences as there is room for, from the first that fits best."""
    sentences = _SENTENCE.split(text)
    scores = [weights.common(asked, s) for s in sentences]
    start = 0 if sum(map(len, sentences)) <= LENGTH else scores.index(max(scores))
    taken: list[str] = []
    for sentence in sentences[start:]:
        if taken and sum(map(len, taken)) + len(sentence) > LENGTH:
            break
        taken.append(sentence)
    return " ".join(taken)
