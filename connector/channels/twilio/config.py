"""What one Twilio number or messaging service needs to be told; secrets never show in a repr."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

OFFICIAL = "https://api.twilio.com"


@dataclass(frozen=True)
class TwilioConfig:
    account_sid: str
    auth_tokens: tuple[str, ...] = field(repr=False)  # the first one calls, all of them verify
    number: str | None = None  # "+15550100", "whatsapp:+15550100", or a short code
    messaging_service: str | None = None
    base_url: str | None = None  # a stand-in for api.twilio.com
    status_url: str | None = None  # where Twilio reports what became of a message
    smart_encoding: bool = True  # look-alikes where they make an SMS cheaper
    segments_per_second: int | None = None  # None: as Twilio has it by the kind of number
    content_sid: str | None = None  # the template that WhatsApp takes when its window is closed
    content_variables: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.auth_tokens or not all(self.auth_tokens):
            raise ValueError("auth_tokens: at least one is needed, none of them empty")
        if not (self.number or self.messaging_service):
            raise ValueError("number or messaging_service is needed")

    @property
    def root(self) -> str:
        return (self.base_url or OFFICIAL).rstrip("/")

    @property
    def host(self) -> str:
        """The only host that gets this account's credentials."""
        return urlsplit(self.root).netloc.lower()
