"""The lists: what can be written in them, and how errors are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.domain.handoff.base import LANGUAGES, HandoffPolicy, Turn
from connector.domain.handoff.explicit_request import consider
from connector.domain.handoff.normalise import words
from connector.domain.handoff.patterns import Lexicon, PhraseError
from connector.domain.handoff.phrases import Phrases
from connector.phrases import SHIPPED, load, quickly, slowly


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("talk|speak to [a] person", "please SPEAK to person", True),
        ("talk|speak to [a] person", "talk to some person", False),
        ("report * police", "report you all to police", True),
        ("report * police", "report you and all them to police", False),
        ("report * police", "a report. police", False),
        ("über", "UBER alles", True),
    ],
)
def test_phrases(phrase: str, text: str, found: bool) -> None:
    assert (Lexicon([phrase]).first(words(text)) is not None) is found


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        ("target: [agent]\nacton: [talk to]\n", ":2:1", "acton"),
        ("target:\n  - agent\n  - '* person'\n", ":3:5", "begins and ends"),
        ("target:\n  - 12\n", ":2:5", "quotes"),
        ("frustrated:\n  - bad = very\n", ":2:5", "very"),
        ("spelling: [plz]\n", ":1:12", "long form"),
        ("target: agent\n", ":1:1", "not a list"),
        ("target: [agent\n", ":2:1", "expected"),
        ("- agent\n", ":1:1", "lists by name"),
    ],
)
def test_errors_name_file_line_and_column(
    tmp_path: Path, content: str, place: str, reason: str
) -> None:
    (tmp_path / "en.yaml").write_text(content)
    with pytest.raises(PhraseError) as caught:
        load(tmp_path, ["en"])
    assert f"en.yaml{place}" in str(caught.value)
    assert reason in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PhraseError, match=r"xx\.yaml"):
        load(tmp_path, ["xx"])


def test_operators_may_bring_a_language_of_six_lists() -> None:
    lists = {
        "nl": {
            "action": ["praten met"],
            "target": ["mens"],
            "bare": ["medewerker"],
            "negation": ["geen"],
            "bot": ["bot"],
            "owner": ["mijn"],
        }
    }
    policy = HandoffPolicy(explicit_request=("nl",), phrases=Phrases.from_lists(lists))
    assert consider(Turn("1", "customer", "ik wil praten met een mens"), policy).fired
    assert consider(Turn("1", "customer", "medewerker"), policy).fired
    assert not consider(Turn("1", "customer", "ik wil praten met mijn mens"), policy).fired


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_fast_reading_is_ruamels(language: str) -> None:
    path = SHIPPED / f"{language}.yaml"
    text = path.read_text(encoding="utf-8")
    assert quickly(text) == slowly(path, text)


@pytest.mark.parametrize(
    "text",
    [
        "target: ['an agent']\n",
        "target:\n  - 12\n",
        "target:\n  - no # comment\n",
        "target:\n  - null\n",
        "target: [a, b: c]\n",
        "target: [a\n",
        "target: [a]\ntarget: [b]\n",
        "  - agent\n",
        "target: &x [a]\n",
        "target: agent\n",
    ],
)
def test_what_is_not_certain_is_ruamels_to_read(text: str) -> None:
    assert quickly(text) is None


def test_own_lists_replace_or_lengthen(tmp_path: Path) -> None:
    (tmp_path / "en.yaml").write_text("target+: [claims desk]\nyes: [aye]\n")
    (tmp_path / "nl.yaml").write_text("action: [praten met]\ntarget: [mens]\n")
    lists = {x.name: x for x in load(tmp_path, ("en", "de", "nl")).languages}
    assert lists["en"]["target"].first(words("the claims desk")) is not None
    assert lists["en"]["target"].first(words("a human")) is not None
    assert lists["en"]["yes"].first(words("sure")) is None
    assert lists["de"]["target"].first(words("ein mensch")) is not None
    assert lists["nl"]["target"].first(words("mens")) is not None


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("kan ik iemand aan de lijn krijgen", True),
        ("ik wil een echt mens spreken", True),
        ("Verbind me door met een medewerker", True),
        ("MENS", True),
        ("geen bot meer alstublieft", True),
        ("mijn adviseur belde gisteren", False),
        ("ik hoef geen medewerker te spreken", False),
        ("ben je een mens?", False),
        ("hoeveel mensen passen er in de tent", False),
    ],
)
def test_a_language_that_is_shipped_but_not_on(text: str, asks: bool) -> None:
    policy = HandoffPolicy(explicit_request=("nl",), phrases=load(SHIPPED, ("nl",)))
    assert consider(Turn("1", "customer", text), policy).fired is asks


@pytest.mark.parametrize(
    ("text", "found"),
    [("call me", True), ("call me. bob", True), ("call me bob", False)],
)
def test_the_end_of_a_clause(text: str, found: bool) -> None:
    assert (Lexicon(["call me $"]).first(words(text)) is not None) is found


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_later_is_right(policy: HandoffPolicy, language: str) -> None:
    """Lists are only glanced at when they are read: each phrase compiles, to the words it was known by."""
    lists = next(x for x in policy.phrases.languages if x.name == language)
    for name, lexicon in lists.lexicons.items():
        parts = {part for p in lexicon.patterns for part in p.parts if not isinstance(part, str)}
        assert set().union(*parts) == lexicon.vocabulary, name
