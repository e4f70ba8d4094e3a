"""Whatever a customer sends: no error, scores in 0..1, and only so much of it is looked at."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain.handoff import consider
from connector.domain.handoff.base import QUOTE, HandoffPolicy, Turn
from connector.domain.handoff.normalise import LIMIT, considered, words

HOSTILE = [
    "a" * 100_000,
    "agent " * 20_000,
    "dont want to talk to a " * 5_000,
    "\u0301" * 100_000,
    "ﷺ" * 100_000,
    "!?" * 50_000,
    "'" * 100_000,
    "\u200b\x00\ud800",
    "talk to the the the the the the the the ",
]

texts = st.lists(st.one_of(st.text(max_size=60), st.sampled_from(HOSTILE)), min_size=1, max_size=5)


@pytest.mark.parametrize("text", HOSTILE)
def test_only_so_much_is_read(text: str) -> None:
    assert len(considered(text)) <= LIMIT
    assert sum(map(len, words(text).words)) <= 2 * LIMIT


def test_a_plea_at_either_end_of_a_long_text_is_seen(policy: HandoffPolicy) -> None:
    filling = "the parcel went from here to there and was not delivered. " * 2_000
    for text in (f"get me a human. {filling}", f"{filling} get me a human"):
        assert consider([Turn("1", "customer", text)], policy)[0].fired


@given(texts)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_never_raises(policy: HandoffPolicy, said: list[str]) -> None:
    turns = [Turn(str(i), "customer" if i % 2 == 0 else "bot", t) for i, t in enumerate(said)]
    for one in consider(turns, replace(policy, keywords=("x", "\u0301"))):
        assert 0 <= one.score <= 1
        assert one.fired == (one.score >= one.threshold)
        assert all(len(e.quote) <= QUOTE for e in one.evidence)
        assert bool(one.evidence) or not one.fired


ADVERSARIAL = [
    "agent " * 16_667,
    "talk to the " * 8_334,
    "i want to speak to a " * 4_762,
    "can i talk to " * 7_143,
    "not not not " * 8_334,
    "help me with the human person agent " * 2_800,
    "a." * 50_000,
    "quiero hablar con la " * 4_762,
    "mit dem der einem einer " * 4_167,
    "sue you in court lawyer will " * 3_450,
    "still not working again and again " * 2_941,
    "fuck " * 20_000,
    "x" * 100_000,
    "é" * 100_000,
    "e\u0301" * 50_000,
    "\u202eagent\u202c " * 12_000,
    "\u05d0\u05d1 " * 33_333,
    "\u0627\u0644\u0645 " * 25_000,
    "😡" * 100_000,
    "👨\u200d👩\u200d👧 " * 16_666,
    "\u200b" * 100_000,
    "' " * 50_000,
    "l'" * 50_000,
    "[[" * 50_000,
    "agnet persn humna " * 5_555,
    "ﬁﬂ" * 50_000,
    " \n" * 50_000,
]


def cost(policy: HandoffPolicy, text: str) -> float:
    """The processor's time, at least 20 ms: what is less is noise."""
    turns = [Turn("1", "customer", text), Turn("2", "bot", text), Turn("3", "customer", text + "?")]
    spent = []
    for _ in range(2):
        began = time.thread_time()
        found = consider(turns, policy)
        spent.append(time.thread_time() - began)
        assert all(0 <= one.score <= 1 for one in found)
    return max(min(spent), 0.02)


@pytest.mark.parametrize("text", ADVERSARIAL, ids=lambda t: ascii(t[:12]))
def test_four_times_the_text_costs_no_more_than_it_should(policy: HandoffPolicy, text: str) -> None:
    """Bounded work: nothing that backtracks, where it would be sixteen times as much or worse."""
    assert cost(policy, text) < 12 * cost(policy, text[: len(text) // 4])
