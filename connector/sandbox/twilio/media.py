"""What Twilio does with MediaUrl: it fetches the file from the sender's server, and passes it on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

import requests

from connector.sandbox.twilio.messages import Attachment, Message
from connector.sandbox.twilio.sms import is_whatsapp

NOT_FETCHED, KIND, LARGE = 11200, 12300, 11751
MOST = 5 * 1000 * 1000  # of a message; 16 MB on WhatsApp
MOST_WHATSAPP = 16 * 1000 * 1000
KINDS = ("image/", "audio/", "video/", "application/pdf", "text/vcard", "text/calendar")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SECONDS = 10.0


def fetch(message: Message) -> None:
    """The files as the phone gets them, or Twilio's error if it could not have one of them.

    Nobody outside this machine is called: such a file stands for itself.
    """
    message.media, message.broken = _fetched(message.media, whatsapp=is_whatsapp(message.to))


def _fetched(
    media: Iterable[Attachment], *, whatsapp: bool
) -> tuple[tuple[Attachment, ...], int | None]:
    found: list[Attachment] = []
    size = 0
    for item in media:
        if urlsplit(item.url).hostname not in LOOPBACK:
            found.append(item)
            continue
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.get(item.url, timeout=SECONDS)
        except requests.RequestException:
            return tuple(found), NOT_FETCHED
        kind = answer.headers.get("Content-Type", "").partition(";")[0].lower()
        size += len(answer.content)
        if answer.status_code != 200:
            return tuple(found), NOT_FETCHED
        if not kind.startswith(KINDS):
            return tuple(found), KIND
        if size > (MOST_WHATSAPP if whatsapp else MOST):
            return tuple(found), LARGE
        found.append(replace(item, kind=kind, data=answer.content))
    return tuple(found), None
