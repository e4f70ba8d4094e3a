"""What a text costs, and how it comes to cost less without saying anything else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.channels.twilio.segments import cheaper, is_gsm, plain, segments
from connector.sandbox.twilio import sms

ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
COUNTED = [
    ("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("a" * 1600, 11),
    ("€" * 80, 1), ("€" * 81, 2), ("a" + "€" * 80, 2),
    ("€" * 152, 2), ("€" * 153, 3),  # 76 to a segment: the last place of each stays empty
    ("[" * 160, 3), ("a{b}" * 27, 2),
    ("ñ" * 160, 1), ("á" * 70, 1), ("á" * 71, 2), ("á" * 134, 2), ("á" * 135, 3),
    ("a" * 70 + "“", 2), ("👍" * 35, 1), ("👍" * 36, 2),
    ("👍" * 66, 2), ("👍" * 67, 3),  # 33 to a segment
    ("中" * 1600, 24), ("\f", 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), COUNTED)
def test_segments(text: str, expected: int) -> None:
    assert segments(text) == expected


def test_the_alphabet_is_that_of_the_standard() -> None:
    assert len(ALPHABET) == 127  # and the escape
    assert all(is_gsm(c) for c in ALPHABET + "\f^{}\\[~]|€")
    assert not any(is_gsm(c) for c in "çáíóúâêîôûãõÀÈ`´“”‘’–—…•\t\u00a0ÿœŒ™©®½")


@given(st.text(st.sampled_from([*ALPHABET, *"€[]{}", *"áç中👍“\u00a0"]), max_size=700))
def test_never_fewer_than_the_places_need(text: str) -> None:
    """The twin counts places alone: a pair that would be torn apart can cost one segment more."""
    assert sms.segments(text) <= segments(text) <= sms.segments(text) + 1


CHEAPER = [
    ("“Hello” — it’s 5 o’clock…", "\"Hello\" - it's 5 o'clock..."),
    ("Tom\u00a0&\u202fAna", "Tom & Ana"),
    ("• one\n• two", "- one\n- two"),
    ("zero\u200bwidth\ufeff", "zerowidth"),
    ("2 × 3", "2 x 3"),
    ("e\u0301te\u0301", "été"),
    ("10–12 h, −5 °".replace(" °", ""), "10-12 h, -5"),
    ("«¿Qué?»", '"¿Qué?"'),
]


@pytest.mark.parametrize(("text", "expected"), CHEAPER)
def test_look_alikes_where_they_make_it_gsm(text: str, expected: str) -> None:
    assert cheaper(text, 1600) == expected
    assert is_gsm(expected)


@pytest.mark.parametrize(
    "text",
    [
        "“Hola” 👍", "“está”", "1½ “cups”", "“中文”", "❤️ “you”", "col·lecció", "ça – va",
        "5 ÷ 2", "© 2026 – us", "\u200b", "plain", "", "{[~]}",
    ],
)  # fmt: skip
def test_what_would_stay_ucs2_or_is_gsm_already_is_left_alone(text: str) -> None:
    assert cheaper(text, 1600) == text


def test_never_longer_than_a_message() -> None:
    assert cheaper("…" * 534, 1600) == "…" * 534
    assert cheaper("…" * 533, 1600) == "..." * 533


@given(
    st.text(st.sampled_from([*"abc 12.,-'\"", *"“”‘’–—…•\u00a0\u200b«»ñáé👍中\t`´×"]), max_size=200)
)
def test_it_never_costs_more_and_says_the_same(text: str) -> None:
    got = cheaper(text, 1600)
    assert segments(got) <= max(segments(text), segments(unicodedata.normalize("NFC", text)))
    assert plain(got) == plain(text)
    assert cheaper(got, 1600) == got
    # No letter, digit or other word sign comes, goes or changes.
    said = [c for c in unicodedata.normalize("NFC", text) if c.isalnum()]
    assert [c for c in got.replace("x", "") if c.isalnum()] == said
