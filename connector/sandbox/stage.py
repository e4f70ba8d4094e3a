"""The twins together, set up to know each other's secrets, on loopback."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import TracebackType
from typing import Self

from connector.sandbox.anthropic.twin import AnthropicTwin
from connector.sandbox.changes import Changes
from connector.sandbox.chat import App
from connector.sandbox.intercom.twin import ADMIN, IntercomTwin
from connector.sandbox.messenger.twin import MessengerTwin
from connector.sandbox.sms import Sms
from connector.sandbox.telegram.twin import UPDATES, TelegramTwin
from connector.sandbox.twilio.twin import TwilioTwin
from connector.sandbox.twin import Twin
from connector.sandbox.whatsapp.twin import WhatsAppTwin
from connector.sandbox.zendesk.twin import ZendeskTwin

ACCOUNT = "AC00000000000000000000000000005a4d"
NUMBER = "+12025550100"
CUSTOMERS = ("+12025550147", "+12025550148", "+34915550147")
CHANNEL, HELPDESK = "sms", "main"
TELEGRAM, WHATSAPP, MESSENGER, INTERCOM = "telegram", "whatsapp", "messenger", "intercom"
PHONE_NUMBER_ID, PAGE_ID = "106540352242922", "1122334455"


@dataclass(frozen=True)
class Ports:
    """0 is any free one."""

    twilio: int = 0
    zendesk: int = 0
    anthropic: int = 0
    telegram: int = 0
    whatsapp: int = 0
    messenger: int = 0
    intercom: int = 0

    @classmethod
    def after(cls, port: int) -> Ports:
        """Those behind this one."""
        return cls(*range(port + 1, port + 1 + len(fields(cls))))


class Stage:
    """`with Stage(connector_url):` runs the twins; `environ` is what config/sandbox.yaml asks for."""

    def __init__(self, connector: str, ports: Ports = Ports(), *, bare: bool = False) -> None:
        """`bare`: nobody has told the providers where the connector is."""
        self.connector = connector
        self.changes = Changes()
        self._token, self._client = secrets.token_hex(16), secrets.token_hex(16)
        self._signing, self._key = secrets.token_hex(16), secrets.token_hex(16)
        self.twilio = TwilioTwin(
            ACCOUNT,
            self._token,
            NUMBER,
            "" if bare else f"{connector}/webhooks/channels/{CHANNEL}",
            changes=self.changes,
            port=ports.twilio,
        )
        self.zendesk = ZendeskTwin(
            oauth_clients={"connector": self._client},
            webhook_url="" if bare else f"{connector}/webhooks/helpdesks/{HELPDESK}",
            webhook_secret=self._signing,
            changes=self.changes,
            port=ports.zendesk,
        )
        self.anthropic = AnthropicTwin(self._key, changes=self.changes, port=ports.anthropic)
        self._make_chats(ports, bare)
        self.twins: Mapping[str, Twin] = {
            "Twilio": self.twilio,
            "Zendesk": self.zendesk,
            "Anthropic": self.anthropic,
            "Telegram": self.telegram,
            "WhatsApp": self.whatsapp,
            "Messenger": self.messenger,
            "Intercom": self.intercom,
        }
        self.apps = self._offered()

    def _make_chats(self, ports: Ports, bare: bool) -> None:
        self._access, self._app, self._handshake = (secrets.token_hex(16) for _ in range(3))
        self.telegram = self._telegram(ports.telegram, bare)
        self.whatsapp = WhatsAppTwin(
            PHONE_NUMBER_ID,
            self._access,
            self._app,
            f"{self.connector}/webhooks/channels/{WHATSAPP}",
            changes=self.changes,
            port=ports.whatsapp,
        )
        self._page_token, self._page_secret, self._page_handshake = (
            secrets.token_hex(16) for _ in range(3)
        )
        self.messenger = MessengerTwin(
            PAGE_ID,
            self._page_token,
            self._page_secret,
            f"{self.connector}/webhooks/channels/{MESSENGER}",
            changes=self.changes,
            port=ports.messenger,
        )
        self.intercom = self._intercom(ports.intercom, bare)

    def _offered(self) -> tuple[App, ...]:
        """What customers write with: a row here is all that the page needs to offer it."""
        return (
            App("sms", "SMS", "Twilio", NUMBER, Sms(self.twilio), CUSTOMERS,
                {"Send a message": "POST /2010-04-01/Accounts/*/Messages.json"}),
            App("whatsapp", "WhatsApp", "WhatsApp", "+12025550101", self.whatsapp,
                ("+12025550149", "US.13491208655302741918"), {"Send a message": "POST */messages"}),
            App("telegram", "Telegram", "Telegram", "@northwind_bot", self.telegram,
                ("7000001",), {"Send a message": "POST /bot*/send*"}),
            App("messenger", "Messenger", "Messenger", "facebook.com/northwind", self.messenger,
                ("24601775",), {"Send a message": "POST */me/messages"}),
            App("intercom", "Intercom", "Intercom", "the Messenger on northwind.example",
                self.intercom, ("6762f1571bb69f9f2193bbbb",),
                {"Send a message": "POST /conversations/*/reply"}),
        )  # fmt: skip

    def _telegram(self, port: int, bare: bool) -> TelegramTwin:
        self._bot, self._shown = f"110201543:{secrets.token_hex(16)}", secrets.token_hex(16)
        url = "" if bare else f"{self.connector}/webhooks/channels/{TELEGRAM}"
        made = TelegramTwin(self._bot, url, self._shown, changes=self.changes, port=port)
        made.allowed_updates = list(UPDATES)
        return made

    def _intercom(self, port: int, bare: bool) -> IntercomTwin:
        self._rest, self._client_secret = secrets.token_hex(16), secrets.token_hex(16)
        url = "" if bare else f"{self.connector}/webhooks/channels/{INTERCOM}"
        return IntercomTwin(self._rest, self._client_secret, url, changes=self.changes, port=port)

    def __enter__(self) -> Self:
        for twin in self.twins.values():
            twin.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        for twin in self.twins.values():
            twin.stop()

    def environ(self, database: str) -> dict[str, str]:
        return {
            "SANDBOX_PUBLIC_URL": self.connector,
            "SANDBOX_DATABASE": database,
            "SANDBOX_TWILIO_SID": ACCOUNT,
            "SANDBOX_TWILIO_TOKEN": self._token,
            "SANDBOX_TWILIO_URL": self.twilio.url,
            "SANDBOX_ZENDESK_SECRET": self._client,
            "SANDBOX_ZENDESK_WEBHOOK_SECRET": self._signing,
            "SANDBOX_ZENDESK_URL": self.zendesk.url,
            "SANDBOX_ANTHROPIC_KEY": self._key,
            "SANDBOX_ANTHROPIC_URL": self.anthropic.url,
            "SANDBOX_TELEGRAM_TOKEN": self._bot,
            "SANDBOX_TELEGRAM_SECRET": self._shown,
            "SANDBOX_TELEGRAM_URL": self.telegram.url,
            "SANDBOX_WHATSAPP_TOKEN": self._access,
            "SANDBOX_WHATSAPP_SECRET": self._app,
            "SANDBOX_WHATSAPP_VERIFY": self._handshake,
            "SANDBOX_WHATSAPP_URL": self.whatsapp.url,
            "SANDBOX_MESSENGER_TOKEN": self._page_token,
            "SANDBOX_MESSENGER_SECRET": self._page_secret,
            "SANDBOX_MESSENGER_VERIFY": self._page_handshake,
            "SANDBOX_MESSENGER_URL": self.messenger.url,
            "SANDBOX_INTERCOM_TOKEN": self._rest,
            "SANDBOX_INTERCOM_SECRET": self._client_secret,
            "SANDBOX_INTERCOM_ADMIN": ADMIN.id,
            "SANDBOX_INTERCOM_URL": self.intercom.url,
        }

    def until(self, look: Callable[[], bool], seconds: float) -> bool:
        """Wait until it is so, looking again at every change of a twin; whether it became so."""
        over = threading.Event()
        timer = threading.Timer(seconds, over.set)
        timer.daemon = True
        timer.start()
        try:
            while not over.is_set():
                version = self.changes.version
                if look():
                    return True
                # What changes in the connector alone is looked at now and then.
                self.changes.wait(version, 0.1)
            return look()
        finally:
            timer.cancel()
