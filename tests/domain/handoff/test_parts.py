"""Keywords, the model's decision, failures, limits, and the judge's rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.handoff import bot_failure, consider, keywords, limit, model
from connector.domain.handoff.base import HandoffPolicy, Trigger, Turn
from connector.domain.handoff.judge import judge

SAID = [Turn("c1", "customer", "My  Café order\nis cold"), Turn("b1", "bot", "Sorry!")]


@pytest.mark.parametrize(
    ("keyword", "text", "fires"),
    [
        ("Café", "the CAFE is shut", True),
        ("charge back", "I want a charge  back!", True),
        ("charge back", "charge it, back soon", False),
        ("art", "start the party", False),
        ("law", "the lawn is wet", False),
        ("", "anything", False),
    ],
)
def test_keywords_are_whole_words(keyword: str, text: str, fires: bool) -> None:
    policy = HandoffPolicy(keywords=(keyword,))
    assert keywords.consider(Turn("m1", "customer", text), policy).fired is fires


def test_the_model_needs_a_reason() -> None:
    assert not model.consider("complex", "  ", "is cold", SAID, HandoffPolicy()).fired
    assert not model.consider("x", "why", "", SAID, HandoffPolicy(model=False)).fired


@pytest.mark.parametrize(
    ("quote", "kept"),
    [("café order is cold", "café order is cold"), ("I will sue", ""), ("Sorry!", ""), ("", "")],
)
def test_a_quote_that_no_customer_said_is_dropped(quote: str, kept: str) -> None:
    found = model.consider("complex", "needs a cook", quote, SAID, HandoffPolicy())
    assert found.fired
    assert found.evidence[0].quote == kept
    assert found.evidence[0].messages == ("c1",)
    assert found.source == "model"


@pytest.mark.parametrize(
    ("attempts", "allowed", "fires"), [(2, 3, False), (3, 3, True), (9, None, False)]
)
def test_bot_failure(attempts: int, allowed: int | None, fires: bool) -> None:
    policy = HandoffPolicy(bot_failure_after=allowed)
    found = bot_failure.consider(attempts, "timeout", SAID, policy)
    assert found.fired is fires
    assert bool(found.evidence) is fires


def test_the_limit_of_replies() -> None:
    assert not limit.consider(39, 40, SAID).fired
    found = limit.consider(40, 40, SAID)
    assert (found.fired, found.trigger) == (True, Trigger.NO_PROGRESS)


def test_judge_keeps_the_row_and_adds_the_verdict(policy: HandoffPolicy) -> None:
    row = {"id": "r1", "text": "Human please", "note": 7}
    assert judge("explicit_request", row, policy) == {
        **row,
        "fire": True,
        "score": 0.9,
        "trigger": "explicit_request",
    }
    turns = [{"role": "customer", "text": "hello"}]
    assert judge("conversation", {"turns": turns}, policy)["trigger"] is None


@pytest.mark.parametrize(
    "row", [{}, {"turns": []}, {"turns": ["x"]}, {"turns": [{"role": "cat", "text": "miau"}]}]
)
def test_judge_refuses_rows_that_say_nothing(policy: HandoffPolicy, row: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="needs"):
        judge("conversation", row, policy)
    with pytest.raises(ValueError, match="needs"):
        judge("legal", {"text": 3}, policy)


@pytest.mark.parametrize(
    ("trust", "angry", "fires"), [(1.0, False, True), (0.3, False, False), (0.3, True, True)]
)
def test_a_model_that_is_trusted_less_needs_signs_of_anger(
    policy: HandoffPolicy, trust: float, angry: bool, fires: bool
) -> None:
    rude = "this is ridiculous, you are useless" if angry else "where is it?"
    said = [Turn("1", "customer", rude), Turn("2", "bot", "Hm."), Turn("3", "customer", rude)]
    tempered = replace(policy, model_trust=trust)
    assert model.consider("complex", "needs a person", "", said, tempered).fired is fires


def test_why_not_is_kept_too(policy: HandoffPolicy) -> None:
    found = consider([Turn("1", "customer", "please don't transfer me to an agent")], policy)[0]
    assert (found.fired, found.score) == (False, 0.2)
    assert "dont transfer" in found.evidence[0].detail
    assert found.evidence[0].messages == ("1",)
