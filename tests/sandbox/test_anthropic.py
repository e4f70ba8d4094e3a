"""The twin of Anthropic, driven by the real SDK."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from connector.sandbox.anthropic.twin import AnthropicTwin, max_tokens, refusal
from connector.sandbox.faults import Fault

TURN = {"type": "object", "properties": {"reply": {}, "decision": {}}}
SUMMARY = {"type": "object", "properties": {"subject": {}, "wants": {}}}
KNOWLEDGE = """<article title="Returns">
# Returns

## How to return
You can return anything within **30 days** of delivery. Print the label from your account.

## Refunds
Refunds reach your card within 5 working days after the parcel is back.
</article>
<article title="Delivery">
# Delivery

## Abroad
We deliver to 31 countries. It takes 5 to 9 working days.

## Tracking
A link comes by e-mail as soon as the parcel leaves.
</article>
<article title="Opening hours">
The office answers from Monday to Friday, 9:00 to 18:00.
</article>"""


@pytest.fixture
def twin() -> Iterator[AnthropicTwin]:
    with AnthropicTwin("key") as twin:
        yield twin


def ask(twin: AnthropicTwin, *said: str, schema: Any = TURN, key: str = "key") -> Any:
    with anthropic.Anthropic(api_key=key, base_url=twin.url, max_retries=0) as client:
        return client.messages.create(  # type: ignore[call-overload]
            model="claude-haiku-5-5",
            max_tokens=500,
            system=[
                {"type": "text", "text": KNOWLEDGE, "cache_control": {"type": "ephemeral"}},
            ],
            messages=[
                {"role": "assistant" if place % 2 else "user", "content": text}
                for place, text in enumerate(said)
            ],
            output_config={"format": {"type": "json_schema", "schema": schema}},
        )


def turn(twin: AnthropicTwin, *said: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ask(twin, *said).content[0].text)
    return found


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("How do I return something?", "30 days"),
        ("when do I get my refund?", "5 working days"),
        ("do you deliver abroad?", "31 countries"),
    ],
)
def test_it_answers_from_the_fitting_article(
    twin: AnthropicTwin, question: str, holds: str
) -> None:
    said = turn(twin, question)
    assert holds in said["reply"]
    assert "*" not in said["reply"]
    assert (said["decision"], said["language"]) == ("answer", "en")


def test_it_says_so_when_no_article_fits_and_offers_a_person(twin: AnthropicTwin) -> None:
    said = turn(twin, "can I bring my penguin into the sauna tonight?")
    assert said["offers_person"] is True
    assert "30 days" not in said["reply"]


def test_the_same_question_again_gets_an_offer_not_the_same_answer(twin: AnthropicTwin) -> None:
    question = "How do I return something?"
    first = turn(twin, question)["reply"]
    again = turn(twin, question, first, question)
    assert again["reply"] != first
    assert again["offers_person"] is True


def test_small_talk_and_danger(twin: AnthropicTwin) -> None:
    assert turn(twin, "hello")["decision"] == "answer"
    assert turn(twin, "thanks, that's all")["decision"] == "resolved"
    danger = turn(twin, "the charger is on fire")
    assert (danger["decision"], danger["trigger"]) == ("hand_off", "safety")


def test_the_summary_cites_lines_that_exist(twin: AnthropicTwin) -> None:
    text = (
        "<transcript>\n[3] customer 2026-11-24 03:15:00 UTC: my kettle order 4471 leaks\n"
        "[4] bot 2026-11-24 03:15:05 UTC: Please empty it.\n"
        "[7] customer 2026-11-24 03:16:00 UTC: human please\n</transcript>\n"
        "<handoff>\n<trigger>explicit_request</trigger>\n</handoff>"
    )
    said = json.loads(ask(twin, text, schema=SUMMARY).content[0].text)
    assert said["wants"]["messages"] == [3]
    assert "4471" in said["wants"]["text"]
    assert said["tried"]["messages"] == [4]
    assert said["why_human"]["messages"] == [7]


def test_a_cached_prefix_is_written_once_and_then_read(twin: AnthropicTwin) -> None:
    first, second = (ask(twin, "hello").usage for _ in "12")
    assert first.cache_creation_input_tokens > 0
    assert first.cache_read_input_tokens == 0
    assert second.cache_read_input_tokens == first.cache_creation_input_tokens


def test_scripts(twin: AnthropicTwin) -> None:
    twin.script({"reply": "scripted"}, "not json", refusal(), max_tokens())
    assert json.loads(ask(twin, "x").content[0].text) == {"reply": "scripted"}
    assert ask(twin, "x").content[0].text == "not json"
    assert (ask(twin, "x").stop_reason, ask(twin, "x").stop_reason) == ("refusal", "max_tokens")
    assert len(twin.calls) == 4


def test_a_fault_keeps_its_place_among_scripted_answers(twin: AnthropicTwin) -> None:
    twin.script({"reply": "first"}, Fault(status=529), {"reply": "third"})
    assert json.loads(ask(twin, "x").content[0].text) == {"reply": "first"}
    with pytest.raises(anthropic.APIStatusError) as failed:
        ask(twin, "x")
    assert failed.value.status_code == 529
    assert json.loads(ask(twin, "x").content[0].text) == {"reply": "third"}


def test_a_wrong_key_and_a_wrong_request(twin: AnthropicTwin) -> None:
    with pytest.raises(anthropic.AuthenticationError):
        ask(twin, "x", key="wrong")
    with pytest.raises(anthropic.BadRequestError):
        ask(twin, "")


def test_a_held_call_is_in_flight_until_released(twin: AnthropicTwin) -> None:
    twin.hold()
    since = twin.changes.version
    done = threading.Event()

    def asking() -> None:
        ask(twin, "hello")
        done.set()

    asker = threading.Thread(target=asking)
    asker.start()
    assert twin.changes.wait(since, 5) > since  # the request has come
    assert not done.is_set()
    twin.release()
    assert done.wait(5)
    asker.join()
