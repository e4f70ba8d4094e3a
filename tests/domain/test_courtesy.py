"""What is only thanks, in six languages, and what is a real reply (A48)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.courtesy import is_courtesy
from connector.domain.survey import is_valid, score_of

THANKS = """Thanks|thx|Thank you so much!|THANKS!!!|thank u|ok thanks|Ok|Perfect, thank you
Great, thanks for your help|Thanks a lot for the quick reply 👍|👍|🙏🙏|👍🏽|❤️|:)|Thanks :-)|ty
Cheers|cool, thx|Awesome!|thank you, have a nice day|Gracias|¡Muchas gracias!
mil gracias por su ayuda|Perfecto, gracias|vale|ok gracias 😊|Muchísimas gracias|Merci
merci beaucoup !|Merci pour votre aide|D'accord merci|Parfait, merci|Super, merci 🙂
Merci bonne journée|Danke|Vielen Dank!|Danke schön|Super, danke
Besten Dank für die schnelle Hilfe|alles klar, danke|Perfekt|Dankeee|Obrigado|Muito obrigada!
valeu|Obrigado pela ajuda|Perfeito, obrigado|ok obrigada 🙏|Grazie|Grazie mille!
Perfetto, grazie|ok grazie|Grazie per l'aiuto|va bene grazie"""
REAL = """Thanks, but it still does not work|thanks for nothing|ok, when does it come?|Thanks?|no|yes
It is broken|Not good|ok but where is it|Thanks. My order is 4711|👎|😡|:(|thanks 😠|?|hello|help
I need help|Still waiting|4711|5|Gracias pero no funciona|no gracias a ustedes|¿gracias?
Gracias, y mi pedido|Merci mais ça ne marche pas|Danke, aber es geht nicht
Nein danke, ich will mein Geld|Obrigado mas não chegou|Grazie ma non funziona|grazie, dove|📦
https://example.com|thank you for wasting my time||   |Danke, wann kommt es
I want a refund, thanks"""


@pytest.mark.parametrize("text", [t for line in THANKS.splitlines() for t in line.split("|")])
def test_only_thanks(text: str) -> None:
    assert is_courtesy(text)


@pytest.mark.parametrize("text", [t for line in REAL.splitlines() for t in line.split("|")])
def test_a_real_reply(text: str) -> None:
    assert not is_courtesy(text)


@given(st.text(max_size=2000))
def test_any_text_is_one_or_the_other(text: str) -> None:
    assert is_courtesy(text) in (True, False)
    assert score_of(text) is None or isinstance(score_of(text), int)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("5", 5), (" 4 ", 4), ("3!", 3), ("1.", 1), ("5/5", 5), ("4 out of 5", 4), ("2 de 5", 2),
        ("five", 5), ("Five stars", 5), ("cinco", 5), ("trois", 3), ("fünf", 5), ("quatro", 4),
        ("due", 2), ("5️⃣", 5), ("⭐⭐⭐⭐", 4), ("I give you a 4", 4), ("5 thanks", 5),
        ("7", 7), ("0", 0), ("10", 10), ("⭐" * 9, 9),
        ("4711", None), ("5 parcels", None), ("is it 5?", None), ("3-4", None), ("4.5", None),
        ("", None), ("good", None), ("5 5", None), ("-1", None), ("12:30", None), ("thanks", None),
    ],
)  # fmt: skip
def test_answers_to_the_survey(text: str, score: int | None) -> None:
    """A54."""
    assert score_of(text) == score


def test_the_scale() -> None:
    assert [n for n in range(-1, 12) if is_valid(n)] == [1, 2, 3, 4, 5]
