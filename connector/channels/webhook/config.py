"""What one webhook channel needs to be told; secrets never show in a repr."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connector.channels.webhook.signature import key


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class WebhookConfig:
    secrets: tuple[str, ...] = field(repr=False)  # the first one signs, all of them verify
    deliver_to: str  # where messages for customers are posted
    base_url: str | None = None  # a stand-in for the root of deliver_to
    now: Callable[[], datetime] = field(default=_now, repr=False)  # signatures bear the time

    def __post_init__(self) -> None:
        if not self.secrets:
            raise ValueError("secrets: at least one is needed")
        for secret in self.secrets:
            key(secret)

    @property
    def root(self) -> str:
        """The only host that gets what customers are told."""
        parts = urlsplit(self.deliver_to)
        return (self.base_url or f"{parts.scheme}://{parts.netloc}").rstrip("/")

    @property
    def host(self) -> str:
        return urlsplit(self.root).netloc.lower()

    @property
    def url(self) -> str:
        return self.root + urlsplit(self.deliver_to).path
