"""Asking for a person, in six languages; A13 and A14."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.handoff.base import HandoffPolicy, Turn
from connector.domain.handoff.explicit_request import consider

PLEAS = [
    ("en", "Human please"),
    ("en", "agent!!!"),
    ("en", "hmuan please"),
    ("en", "could u conect me w/ a live agnet"),
    ("en", "how do i reach an actual employee"),
    ("en", "is there anyone real I can talk to?"),
    ("en", "I need to talk to a person, not a machine"),
    ("en", "I'm done with this robot, connect me to someone"),
    ("en", "let me speak to your boss"),
    ("en", "I don't want to talk to a bot"),
    ("en", "I do\u200b not want the menu again, get me a human being"),
    ("es", "Quiero hablar con una persona"),
    ("es", "no quiero hablar con un robot"),
    ("es", "páseme con un agente"),
    ("fr", "un humain svp"),
    ("fr", "Je veux parler à quelqu'un"),
    ("fr", "marre de ce bot, je veux un humain"),
    ("de", "Ich möchte lieber mit einer echten Person chatten"),
    ("de", "Mitarbeiter bitte"),
    ("de", "ich möchte nicht mit einem Bot sprechen"),
    ("pt", "não quero falar com um robô"),
    ("pt", "me transfere pro supervisor"),
    ("it", "mi passi un operatore"),
    ("it", "c'è qualcuno di reale con cui posso parlare?"),
]
OTHERS = [
    "my agent said the policy was active",
    "travel agent discount",
    "no need for a human, thanks",
    "please don't transfer me, I only want the price",
    "how many people can share the account?",
    "is the manager role included?",
    "are you a person?",
    "am I talking to a human?",
    "my name is Agent Smith",
    "order HUMAN-4411 has not shipped",
    "book a table for four people",
    "I talked to someone yesterday and he said it would ship",
    "a human readable format please",
    "no necesito hablar con nadie",
    "¿eres una persona?",
    "pas besoin de parler à quelqu'un",
    "ich möchte nicht mit einem Menschen sprechen",
    "ich habe morgen Zeit, mit meinem Berater zu sprechen",
    "você é humano?",
    "il mio agente ha detto di sì",
]


@pytest.mark.parametrize(("language", "text"), PLEAS)
def test_a13_a_plea_fires_at_once(policy: HandoffPolicy, language: str, text: str) -> None:
    found = consider(Turn("m1", "customer", text), policy)
    assert found.fired
    assert found.evidence[0].messages == ("m1",)
    assert 0.5 <= found.score <= 1


@pytest.mark.parametrize("text", OTHERS)
def test_a14_other_peoples_people_do_not(policy: HandoffPolicy, text: str) -> None:
    assert not consider(Turn("m1", "customer", text), policy).fired


def test_the_language_of_the_list_is_kept(policy: HandoffPolicy) -> None:
    found = consider(Turn("m1", "customer", "Ich will mit einem Menschen sprechen"), policy)
    assert found.language == "de"


def test_only_the_channels_languages_are_looked_at(policy: HandoffPolicy) -> None:
    english = replace(policy, explicit_request=("en",))
    assert not consider(Turn("m1", "customer", "quiero hablar con un humano"), english).fired
    assert consider(Turn("m1", "customer", "I want to talk to a human"), english).fired


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("could you loop in a human", True),
        ("a human skull prop, can you send it", False),
        ("can you export a human readable file", False),
        ("transfer money to a person", False),
        ("connect me to the guest wifi", False),
        ("connect me to the dispatch people", True),
        ("put me through to claims", True),
    ],
)
def test_a_person_beyond_doubt_and_what_is_a_thing(
    policy: HandoffPolicy, text: str, fires: bool
) -> None:
    assert consider(Turn("m1", "customer", text), policy).fired is fires
