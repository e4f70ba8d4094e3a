"""Masking what must not leave with a text: card numbers, national ids, e-mail addresses.

Where a number has check digits, only real ones are masked: orders and parcels have long numbers too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

# 13 to 19 digits (ISO/IEC 7812-1), with the separators that people type between groups.
_CARD = re.compile(r"(?<![\w+])\d(?:[ \-.]?\d){12,18}(?!\w)")
# A local part, a domain with a dot; both bounded, so that no text takes long.
_EMAIL = re.compile(
    r"(?<![\w.+\-])[A-Za-z0-9][\w.+\-]{0,63}@(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w\-])"
)
ID = "[national id]"


def mask_card_numbers(text: str) -> str:
    """Card numbers become "[card ending 1234]"; other long numbers (orders, parcels) stay."""
    return _CARD.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    digits = [int(c) for c in match.group() if c.isdigit()]
    if not luhn(digits):
        return match.group()
    return "[card ending " + "".join(map(str, digits[-4:])) + "]"


def luhn(digits: list[int]) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def mask_emails(text: str) -> str:
    return _EMAIL.sub("[e-mail address]", text)


def mask_national_ids(text: str) -> str:
    """Of the countries below; each becomes "[national id]"."""
    for pattern, is_one in NATIONAL_IDS.values():
        text = pattern.sub(lambda m, ok=is_one: ID if ok(_plain(m[0])) else m[0], text)  # type: ignore[misc]
    return text


def _plain(text: str) -> str:
    return re.sub(r"[\s.\-/]", "", text).upper()


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w+\-])(?:{pattern})(?![\w\-])", re.IGNORECASE | re.ASCII)


def _us(number: str) -> bool:
    """Social security: no check digit; areas, groups and serials that are never given out."""
    area, group, serial = number[:3], number[3:5], number[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def _gb(number: str) -> bool:
    """National insurance: no check digit; prefixes that are never given out."""
    return number[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def _es(number: str) -> bool:
    """DNI and NIE: a letter that follows from the number modulo 23."""
    digits = number[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == number[-1]


def _fr(number: str) -> bool:
    """Numéro de sécurité sociale: a key modulo 97; Corsica has letters in it."""
    digits = number[:-2].replace("2A", "19").replace("2B", "18")
    return digits.isdecimal() and 97 - int(digits) % 97 == int(number[-2:])


def _de(number: str) -> bool:
    """Steuer-Identifikationsnummer: ISO 7064 mod 11,10; one digit stands twice or thrice."""
    counts = sorted(number[:10].count(d) for d in set(number[:10]))
    if counts not in ([1] * 8 + [2], [1] * 7 + [3]):
        return False
    product = 10
    for digit in number[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(number[10])


_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3,
         6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip


def _it(number: str) -> bool:
    """Codice fiscale: a letter that follows from all the others."""
    even = sum(int(c) if c.isdigit() else ord(c) - ord("A") for c in number[1:15:2])
    odd = sum(_ODD[c] for c in number[0:15:2])
    return chr(ord("A") + (even + odd) % 26) == number[15]


def _br(number: str) -> bool:
    """CPF: two check digits modulo 11."""
    if len(set(number)) == 1:
        return False
    for length in (9, 10):
        weighted = sum(int(d) * w for d, w in zip(number, range(length + 1, 1, -1), strict=False))
        if weighted * 10 % 11 % 10 != int(number[length]):
            return False
    return True


def _pl(number: str) -> bool:
    """PESEL: a date of birth, and a weighted check digit."""
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    total = sum(int(d) * w for d, w in zip(number, weights, strict=True))
    return total % 10 == 0 and _is_date(number)


def _is_date(number: str) -> bool:
    year, month, day = int(number[:2]), int(number[2:4]), int(number[4:6])
    try:
        date(2000 + year, month % 20, day)
    except ValueError:
        return False
    return True


NATIONAL_IDS: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "us": (_form(r"\d{3}[- ]\d{2}[- ]\d{4}"), _us),
    "gb": (_form(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d\d){3} ?[A-D]"), _gb),
    "es": (_form(r"(?:\d{8}|[XYZ]-?\d{7})[- ]?[A-Z]"), _es),
    "fr": (_form(r"[12] ?\d\d ?\d\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d"), _fr),
    "de": (_form(r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}"), _de),
    "it": (_form(r"[A-Z]{3} ?[A-Z]{3} ?\d\d[A-EHLMPR-T]\d\d ?[A-Z]\d{3}[A-Z]"), _it),
    "br": (_form(r"\d{3}\.?\d{3}\.?\d{3}-?\d\d"), _br),
    "pl": (_form(r"\d{11}"), _pl),
}
