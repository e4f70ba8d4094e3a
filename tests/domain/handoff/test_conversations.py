"""What a whole conversation leads to: rows of customer and bot in turn; A15-A17, A19, A22."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.handoff import consider, decided
from connector.domain.handoff.base import HandoffPolicy, Trigger, Turn

OFFER = "I can't see that here. Would you like me to connect you with an agent?"


def talk(*texts: str) -> list[Turn]:
    return [Turn(f"m{i}", "bot" if i % 2 else "customer", text) for i, text in enumerate(texts)]


def outcome(policy: HandoffPolicy, *texts: str) -> Trigger | None:
    hit = decided(consider(talk(*texts), policy))
    return hit.trigger if hit else None


ROWS: list[tuple[str, Trigger | None, tuple[str, ...]]] = [
    ("A15 one mild curse", None, ("damn, my parcel is late", "It comes today.", "ok, which hour?")),
    (
        "A15 repeated frustration",
        Trigger.FRUSTRATION,
        ("this is ridiculous", "I see.", "what a useless service, I am so angry"),
    ),
    (
        "A15 thanks calms",
        None,
        ("this is ridiculous", "Try now.", "you are useless", "Now?", "Thanks, fixed"),
    ),
    (
        "A16 the customer asks again and the bot answers the same",
        Trigger.NO_PROGRESS,
        (
            *("where is my parcel", "It is on its way."),
            *("where is my parcel", "It is on its way."),
            "where is my parcel??",
        ),
    ),
    (
        "A16 nothing helps",
        Trigger.NO_PROGRESS,
        (
            *("the lamp stays dark", "Change the bulb.", "that didn't help", "Press the switch."),
            *("no luck", "Check the plug.", "still dark, I already tried all that"),
        ),
    ),
    (
        "A16 a long, happy conversation",
        None,
        (
            *("I'd like to book a massage", "Which day?", "friday", "Morning or evening?"),
            *("evening", "At six?", "yes, six", "For one?", "two of us", "Any allergies?"),
            *("none", "Hot stones?", "sounds lovely", "Booked!", "and can we park there?"),
        ),
    ),
    ("A17 yes", Trigger.OFFER_ACCEPTED, ("I was billed twice", OFFER, "yes please")),
    ("A17 thumbs up", Trigger.OFFER_ACCEPTED, ("I was billed twice", OFFER, "👍")),
    ("A17 no", None, ("I was billed twice", OFFER, "no thanks, I'll wait")),
    ("A17 ok, but no", None, ("I was billed twice", OFFER, "ok but not now")),
    ("A17 yes to something else", None, ("hi", "Did that solve it?", "yes")),
    (
        "A17 Spanish",
        Trigger.OFFER_ACCEPTED,
        ("se rompió", "¿Quieres que te conecte con un agente?", "sí"),
    ),
    (
        "A17 German",
        Trigger.OFFER_ACCEPTED,
        ("kaputt", "Soll ich Sie mit einem Mitarbeiter verbinden?", "ja gerne"),
    ),
    ("legal", Trigger.LEGAL, ("You'll be hearing from my attorney",)),
    ("not legal", None, ("I'm an attorney, what plans do you have?",)),
    ("no threat", None, ("I don't want to sue anyone",)),
    ("safety", Trigger.SAFETY, ("I smell gas in the kitchen",)),
    ("not safety", None, ("this wait is killing me",)),
    ("nothing said", None, ("",)),
    ("a face", None, ("🙂",)),
    ("numbers", None, ("4411 8080-22 #911",)),
]


@pytest.mark.parametrize(("trigger", "texts"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_rows(policy: HandoffPolicy, trigger: Trigger | None, texts: tuple[str, ...]) -> None:
    assert outcome(policy, *texts) == trigger


def test_a17_a_flagged_offer_needs_no_words(policy: HandoffPolicy) -> None:
    turns = [Turn("1", "bot", "Shall we?", offers_person=True), Turn("2", "customer", "ok")]
    hit = decided(consider(turns, policy))
    assert hit is not None
    assert hit.trigger is Trigger.OFFER_ACCEPTED
    assert hit.evidence[0].messages == ("1", "2")


def test_a19_of_two_triggers_the_first_decides_and_both_are_kept(policy: HandoffPolicy) -> None:
    both = "I will sue you. Get me a human!"
    found = consider(talk(both), replace(policy, keywords=("sue",)))
    fired = [one.trigger for one in found if one.fired]
    assert fired == [Trigger.EXPLICIT_REQUEST, Trigger.LEGAL, Trigger.KEYWORDS]
    hit = decided(found)
    assert hit is not None
    assert hit.trigger is Trigger.EXPLICIT_REQUEST


def test_a22_anger_before_the_hand_back_is_none_of_this_stretch(policy: HandoffPolicy) -> None:
    before = talk("this is ridiculous", "I see.", "useless, I am so angry", "An agent is coming.")
    after = talk("ok, what are your hours?")
    assert decided(consider([*before, after[0]], policy)) is not None
    assert decided(consider(after, policy)) is None


@pytest.mark.parametrize("off", ["frustration", "no_progress"])
def test_a_trigger_that_is_off_is_not_considered(policy: HandoffPolicy, off: str) -> None:
    quiet = replace(policy, **{off: None})  # type: ignore[arg-type]
    assert off not in [one.trigger.value for one in consider(talk("hello"), quiet)]


def test_the_settings_of_a_channel_count(policy: HandoffPolicy) -> None:
    assert policy.frustration is not None
    eager = replace(policy, frustration=replace(policy.frustration, window=1, at_least=1))
    assert decided(consider(talk("this is ridiculous"), policy)) is None
    assert decided(consider(talk("this is ridiculous"), eager)) is not None
