"""The fixed texts: language by language, true, and never failing."""

from __future__ import annotations

import pytest

from connector.domain import policy
from connector.settings import Wording
from connector.settings.messages import Messages
from connector.settings.texts import TEXTS
from tests.settings.given import Folder, channel

LANGUAGES = ("en", "es", "fr", "de", "pt", "it")
WORDING: policy.Wording = Wording()


def test_every_text_is_there_in_six_languages() -> None:
    assert set(TEXTS) == set(Messages.model_fields)
    for name, texts in TEXTS.items():
        assert set(texts) == set(LANGUAGES), name


@pytest.mark.parametrize("name", sorted(TEXTS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_built_in_texts_are_short_and_plain(name: str, language: str) -> None:
    text = WORDING.render(name, language, {})
    assert 20 < len(text) <= 140
    assert not set("—–’“”…{}\u00a0") & set(text)


def test_an_opening_is_named_where_it_is_known() -> None:
    text = Wording().render("after_hours", "en", {"next_opening": "Monday 09:00"})
    assert text.endswith("open again (Monday 09:00).")


ROWS = [("pt-BR", "pt"), ("pt_br", "pt"), ("ES", "es"), ("ja", "en"), (None, "en"), ("", "en")]


@pytest.mark.parametrize(("asked", "given"), ROWS)
def test_exact_language_then_its_base_then_english(asked: str | None, given: str) -> None:
    assert WORDING.render("handoff", asked, {}) == TEXTS["handoff"][given]


def test_the_operators_texts(folder: Folder) -> None:
    line = (
        "messages: {solved: 'Bye {{ customer.name }}{{ agent.first_name|upper }}!', "
        "handoff: {pt-BR: A, pt: B}, waiting: {de: C, en: D}}"
    )
    words = Wording(folder.load(channel(line)).channels["sms-us"].messages)
    facts = {"customer": {"name": "{{ ticket.id }}"}}
    assert words.render("solved", "fr", facts) == "Bye {{ ticket.id }}!"  # a fact is no template
    assert words.render("solved", None, {}) == "Bye !"
    assert words.render("handoff", "pt-br", {}) == "A"
    assert words.render("handoff", "pt-PT", {}) == "B"
    assert words.render("handoff", "de", {}) == "A"  # there is no English: any
    assert words.render("waiting", "fr", {}) == "D"
    assert words.render("automated", "de", {}) == TEXTS["automated"]["de"]
