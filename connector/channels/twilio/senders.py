"""What kind of sender a number of ours is: carriers treat each differently."""

from __future__ import annotations

import re

_TOLL_FREE = re.compile(r"\+1(?:800|833|844|855|866|877|888)\d{7}")
_SHORT = re.compile(r"\d{3,8}")


def is_whatsapp(number: str) -> bool:
    return number.startswith("whatsapp:")


def is_toll_free(number: str) -> bool:
    return bool(_TOLL_FREE.fullmatch(number))


def is_short_code(number: str) -> bool:
    return bool(_SHORT.fullmatch(number))
