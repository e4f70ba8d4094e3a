"""The lists: what can be written in them, and how errors are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.domain.handoff.base import HandoffPolicy, Turn
from connector.domain.handoff.explicit_request import consider
from connector.domain.handoff.normalise import words
from connector.domain.handoff.patterns import Lexicon, PhraseError
from connector.domain.handoff.phrases import Phrases
from connector.phrases import load


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
