"""What one Telegram bot needs to be told; secrets never show in a repr."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

OFFICIAL = "https://api.telegram.org"
# A token stands in the path of every call.
_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{8,100}", re.ASCII)
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)


@dataclass(frozen=True)
class TelegramConfig:
    bot_token: str = field(repr=False)
    secret_token: str = field(repr=False)  # what setWebhook was told; Telegram shows it each time
    base_url: str | None = None  # a stand-in for api.telegram.org

    def __post_init__(self) -> None:
        if not _TOKEN.fullmatch(self.bot_token):
            raise ValueError("bot_token: digits, a colon, and letters, digits, _ or -")
        if not _SECRET.fullmatch(self.secret_token):
            raise ValueError("secret_token: 1 to 256 letters, digits, _ or -")

    @property
    def root(self) -> str:
        return (self.base_url or OFFICIAL).rstrip("/")

    @property
    def host(self) -> str:
        """The only host that gets this bot's token."""
        return urlsplit(self.root).netloc.lower()
