"""What the customer wrote, without the characters that deceive a reader or break a store."""

from __future__ import annotations

import re
import unicodedata

# The only flags that Unicode recommends to be written with tag characters (UTS 51, ED-14a).
_TAGGED_FLAGS = "|".join(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(c)) for c in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
# Bidirectional controls turn a text's visible order around; tags are letters nobody sees.
_UNSEEN = re.compile(
    f"({_TAGGED_FLAGS})"
    "|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """NFC, lines ended by \\n, and nothing that is neither seen nor white space."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _UNSEEN.sub(r"\1", lines))
