"""What is masked, and what only looks like it."""

from __future__ import annotations

import time

import pytest

from connector import policies
from connector.domain.mask import ID, mask_card_numbers, mask_emails, mask_national_ids
from connector.settings.masks import OwnPattern

# Published examples (Wikipedia, the offices' own documentation), and the same with one digit changed.
IDS = [
    ("us", "123-45-6789", "666-45-6789"),
    ("gb", "AB 12 34 56 C", "GB 12 34 56 C"),
    ("es DNI", "12345678Z", "12345679Z"),
    ("es NIE", "x1234567l", "x1234567m"),
    ("fr", "1 85 05 78 006 084 91", "1 85 05 78 006 084 92"),
    ("fr Corsica", "2 55 08 2A 168 025 97", "2 55 08 2A 168 025 96"),
    ("de", "86 095 742 719", "86 095 742 718"),
    ("it", "RSSMRA85T10A562S", "RSSMRA85T10A562T"),
    ("br", "529.982.247-25", "529.982.247-26"),
    ("pl", "44051401359", "44051401358"),
]


@pytest.mark.parametrize(("country", "real", "wrong"), IDS, ids=[row[0] for row in IDS])
def test_national_ids_by_their_check_digits(country: str, real: str, wrong: str) -> None:
    assert mask_national_ids(f"It is {real}, thanks") == f"It is {ID}, thanks"
    assert mask_national_ids(f"It is {wrong}, thanks") == f"It is {wrong}, thanks"


@pytest.mark.parametrize(
    "text",
    [
        "order 12345678901", "call +15551234567", "call 1 555 123 4567", "on 2026-11-25 at 10:30",
        "parcel JJD0099999999", "111.111.111-11", "x12345678Zx", "sku-12345678Z", "12345678901234567",
    ],
)  # fmt: skip
def test_other_numbers_stay(text: str) -> None:
    assert mask_national_ids(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("I am ana.b+c@mail.example.co.uk.", "I am [e-mail address]."),
        ("<a_1@x.io>", "<[e-mail address]>"),
        ("mine:a@b", "mine:a@b"), ("@ana", "@ana"), ("5 @ 3.50", "5 @ 3.50"),
        ("two@two.org,three@three.org", "[e-mail address],[e-mail address]"),
    ],
)  # fmt: skip
def test_emails(text: str, masked: str) -> None:
    assert mask_emails(text) == masked


def test_a_channels_masks_are_applied_in_order_and_the_operators_own_are_bounded() -> None:
    evil = OwnPattern(name="code", pattern=r"(a+)+b|\bEMP-\d{6}\b")
    mask = policies._mask(("card_numbers", "emails", evil))
    assert mask("EMP-123456 paid with 4111 1111 1111 1111, a@b.example") == (
        "[code] paid with [card ending 1111], [e-mail address]"
    )
    began = time.perf_counter()
    mask("a" * 100_000)  # hours with the standard library's `re`
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    "text", ["a." * 20_000 + "@", "a@" + "b." * 20_000, "1 " * 40_000, "a-" * 40_000]
)
def test_no_text_takes_long(text: str) -> None:
    began = time.perf_counter()
    for mask in (mask_card_numbers, mask_national_ids, mask_emails):
        mask(text)
    assert time.perf_counter() - began < 2
