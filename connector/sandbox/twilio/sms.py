"""What Twilio knows of text messages: signatures, addresses, segments, keywords."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Literal

MAX_BODY = 1600
STOP = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
START = frozenset({"START", "UNSTOP", "YES"})
HELP = frozenset({"HELP", "INFO"})
REPLIES = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages "
    "from this number. Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. "
    "Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}
Keyword = Literal["STOP", "START", "HELP"]

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_WHATSAPP_ID = re.compile(r"whatsapp:[A-Z]{2}\.[A-Za-z0-9]{1,128}")  # a person without a number
# GSM 03.38: the basic set, and those that take two places.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("\f^{}\\[~]|€")


def sign(token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """X-Twilio-Signature: the URL, then each name with each of its values, all sorted."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def is_address(text: str) -> bool:
    return bool(_E164.fullmatch(text.removeprefix("whatsapp:")) or _WHATSAPP_ID.fullmatch(text))


def is_whatsapp(address: str) -> bool:
    return address.startswith("whatsapp:")


def is_heeded(from_: str, to: str, service: str | None) -> bool:
    """Whether Twilio looks for keywords: not on WhatsApp, nor on a short code in no service."""
    return not is_whatsapp(from_) and bool(to.startswith("+") or service)


def keyword(text: str) -> Keyword | None:
    """Twilio heeds a keyword only if it is the whole message."""
    word = text.strip().upper()
    if word in STOP:
        return "STOP"
    if word in START:
        return "START"
    return "HELP" if word in HELP else None


def segments(text: str) -> int:
    if all(c in _GSM or c in _GSM_TWICE for c in text):
        return _count(len(text) + sum(c in _GSM_TWICE for c in text), 160, 153)
    return _count(len(text.encode("utf-16-be")) // 2, 70, 67)


def _count(length: int, alone: int, joined: int) -> int:
    return 1 if length <= alone else -(-length // joined)
