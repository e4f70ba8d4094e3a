"""The customers' phones: SMS, WhatsApp, Telegram and Intercom, one list to choose from.

What stands before the colon of an address says which app it is: "telegram:7000001".
"""

from __future__ import annotations

from collections.abc import Sequence

from connector.sandbox.chat import Said
from connector.sandbox.intercom.twin import IntercomTwin
from connector.sandbox.page import sources as page
from connector.sandbox.stage import CUSTOMERS, NUMBER, Stage
from connector.sandbox.telegram.twin import TelegramTwin
from connector.sandbox.whatsapp.twin import WhatsAppTwin

ON_WHATSAPP = ("+12025550149", "US.13491208655302741918")
ON_TELEGRAM = ("7000001",)
ON_INTERCOM = ("6762f1571bb69f9f2193bbbb",)


class Phones:
    number = NUMBER

    def __init__(self, stage: Stage) -> None:
        self._twilio = stage.twilio
        self._apps: dict[
            str, tuple[TelegramTwin | WhatsAppTwin | IntercomTwin, tuple[str, ...]]
        ] = {
            "whatsapp": (stage.whatsapp, ON_WHATSAPP),
            "telegram": (stage.telegram, ON_TELEGRAM),
            "intercom": (stage.intercom, ON_INTERCOM),
        }

    def customers(self) -> Sequence[str]:
        apps = [
            f"{app}:{one}"
            for app, (twin, known) in self._apps.items()
            for one in dict.fromkeys((*known, *twin.customers()))
        ]
        return list(dict.fromkeys((*CUSTOMERS, *self._twilio.customers(), *apps)))

    def conversation(self, customer: str) -> Sequence[page.PhoneMessage]:
        app, _, name = customer.partition(":")
        if name:
            return [_said(said) for said in self._apps[app][0].conversation(name)]
        return [
            page.PhoneMessage(
                m.sid,
                m.direction,
                m.text,
                m.at,
                m.status,
                m.error_code,
                tuple(page.Attachment(a.name, a.kind, a.url) for a in m.media),
            )
            for m in self._twilio.conversation(customer)
        ]

    def customer_says(self, customer: str, text: str) -> None:
        app, _, name = customer.partition(":")
        if name:
            self._apps[app][0].customer_says(text, customer=name)
        else:
            self._twilio.customer_says(text, from_=customer)


def _said(said: Said) -> page.PhoneMessage:
    media = (page.Attachment("file", "file", said.media),) if said.media else ()
    return page.PhoneMessage(
        said.id, said.direction, said.text, said.at, said.status, said.error_code, media
    )
