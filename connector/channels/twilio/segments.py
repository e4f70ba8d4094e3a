"""What a text costs as SMS: its segments, and look-alikes that make it cheaper.

A text whose characters are all of the GSM alphabet has 160 of them in one segment, 153 in each of
several; a single other one makes it UCS-2: 70 and 67 (3GPP TS 23.038, 23.040).
"""

from __future__ import annotations

import unicodedata

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # an escape before each: they take two places
_GSM = _BASIC | _EXTENDED
# Only what says the same to every reader. Accented letters stay, and so do fractions: 1½ is not 11/2.
_LOOK_ALIKES = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″＂", '"'),
        **dict.fromkeys("‘’‚‛‹›′ʼ´`", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\t\u00a0\u1680\u202f\u205f\u3000", " "),
        **dict.fromkeys(map(chr, range(0x2000, 0x200B)), " "),  # spaces of many widths
        **dict.fromkeys("\u2028\u2029", "\n"),
        **dict.fromkeys(
            "\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f", None
        ),  # nobody sees them
        "…": "...",
        "•": "-",
        "×": "x",
        "⁄": "/",
    }
)


def is_gsm(text: str) -> bool:
    return _GSM.issuperset(text)


def segments(text: str) -> int:
    """How many Twilio counts, and charges. A pair of places is never torn apart between two."""
    if not text:
        return 1
    if is_gsm(text):
        return _parts([2 if c in _EXTENDED else 1 for c in text], 160, 153)
    return _parts([2 if c > "\uffff" else 1 for c in text], 70, 67)


def _parts(places: list[int], alone: int, each: int) -> int:
    if sum(places) <= alone:
        return 1
    count, free = 1, each
    for taken in places:
        if taken > free:
            count, free = count + 1, each
        free -= taken
    return count


def plain(text: str) -> str:
    """With its look-alikes, whatever comes of it: what two texts have in common that read alike."""
    return unicodedata.normalize("NFC", text).translate(_LOOK_ALIKES)


def cheaper(text: str, most: int) -> str:
    """With look-alikes where they alone make it GSM, and it fits into `most`; else as it was."""
    if is_gsm(text):
        return text
    changed = plain(text)
    return changed if is_gsm(changed) and len(changed) <= most and changed.strip() else text
