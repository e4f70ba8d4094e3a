"""A40: texts are cut on words, never inside what a reader sees as one character."""

from __future__ import annotations

import time

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.text import split_text

WHOLE = [
    "a", "é", "e\u0301", "ñ", "👍🏽", "👩‍👩‍👧‍👦", "🇪🇸", "🇫🇷", "❤️", "1️⃣", "🏴\U000e0067\U000e0062\U000e0065"
    "\U000e006e\U000e0067\U000e007f", "한", "\u1112\u1161\u11ab", "\u0915\u094d\u0937\u093f", "ｶﾞ", "กำ", "中",
]  # fmt: skip


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(st.lists(st.lists(st.sampled_from(WHOLE), min_size=1, max_size=8), max_size=60),
       st.integers(40, 90))  # fmt: skip
def test_words_stay_whole_in_order_and_within_the_limit(words: list[list[str]], limit: int) -> None:
    text = " ".join("".join(word) for word in words)
    pieces = split_text(text, limit)
    assert all(0 < units(piece) <= limit for piece in pieces)
    if all(units("".join(word)) <= limit // 2 for word in words):
        assert [w for piece in pieces for w in piece.split()] == text.split()
    else:
        assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.lists(st.sampled_from(WHOLE), min_size=30, max_size=200), st.integers(40, 90))
def test_one_long_word_is_cut_between_characters(word: list[str], limit: int) -> None:
    rest = "".join(word)
    ends, at = set(), 0
    for each in word:
        at += len(each)
        ends.add(at)
    cut = 0
    for piece in split_text(rest, limit):
        cut += len(piece)
        assert cut in ends
    assert cut == len(rest)


@given(st.lists(st.sampled_from([*WHOLE, "\u0600", "\u094d", "\u200d", "🇪"]), min_size=20, max_size=300),
       st.integers(20, 250))  # fmt: skip
def test_cuts_are_boundaries_of_the_whole_text(word: list[str], limit: int) -> None:
    """As Unicode has them, whatever stands beside what: a run of flags, a joiner before a letter."""
    text = "".join(word)
    ends = {found.end() for found in regex.finditer(r"\X", text)}
    pieces = split_text(text, limit)
    assert "".join(pieces) == text
    at = 0
    for piece in pieces:
        at += len(piece)
        assert units(piece) <= limit
        assert at in ends or units(regex.search(r"\X$", piece)[0]) >= limit


@pytest.mark.parametrize(
    "text", ["word " * 2_000, "x" * 10_000, "中文" * 5_000, "👍🏽" * 5_000, "🇪🇸" * 5_000, "กำ" * 5_000]
)  # fmt: skip
def test_four_times_the_text_takes_about_four_times_as_long(text: str) -> None:
    """What 10,000 characters take in milliseconds stands in `make bench`."""

    def seconds(of: str) -> float:
        began = time.perf_counter()
        split_text(of, 1600)
        return time.perf_counter() - began

    once, more = (min(seconds(of) for _ in range(7)) for of in (text, text * 4))
    assert more < 10 * once
