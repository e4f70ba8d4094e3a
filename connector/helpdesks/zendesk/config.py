"""What one Zendesk account needs to be told; secrets never show in a repr."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connector.helpdesks.zendesk.tokens import Vault
from connector.http import CONNECT_SECONDS, READ_SECONDS


@dataclass(frozen=True)
class OAuthClient:
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)  # "": client credentials


@dataclass(frozen=True)
class ApiToken:
    email: str = field(repr=False)
    token: str = field(repr=False)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class ZendeskConfig:
    name: str
    subdomain: str
    oauth: OAuthClient | None = None
    api_token: ApiToken | None = None
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    base_url: str | None = None  # a stand-in for https://<subdomain>.zendesk.com
    automations: bool = False  # comments by triggers and automations go to the customer too
    light_agents: bool = False
    ccs: bool = False  # what people in copy write goes to the customer too
    now: Callable[[], datetime] = field(default=_now, repr=False)
    vault: Vault | None = field(default=None, repr=False)  # None: signs in for itself alone
    timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS)

    @property
    def official(self) -> str:
        """The root of the URLs that zenpy builds."""
        return f"https://{self.subdomain}.zendesk.com"

    @property
    def root(self) -> str:
        return (self.base_url or self.official).rstrip("/")

    @property
    def host(self) -> str:
        """The only host that gets this account's credentials."""
        return urlsplit(self.root).netloc
