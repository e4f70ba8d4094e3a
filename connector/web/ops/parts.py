"""What the dashboard knows of the configuration; put together outside, so that it reads no settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from connector.pipeline.parts import Parts
from connector.web.ops.accounts import Account
from connector.web.ops.oidc import Provider


@dataclass(frozen=True)
class Value:
    """One line of the configuration. A secret's value is not here."""

    path: str
    shown: str
    origin: str
    secret: bool = False


@dataclass(frozen=True)
class Group:
    title: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Ops:
    accounts: Mapping[str, Account] | None  # None: nobody signs in, it is for this machine
    zone: ZoneInfo
    public_host: str  # of the public URL: "connector.example.com"
    configuration: tuple[Group, ...]
    ticket_urls: Mapping[str, str]  # by channel, what a ticket's number is put behind
    version: str
    oidc: Provider | None = None


@dataclass(frozen=True)
class Viewer:
    """Who asks."""

    name: str
    role: Literal["viewer", "operator"]
    signed_in: bool  # False: nobody has to

    @property
    def may_act(self) -> bool:
        return self.role == "operator"


@dataclass(frozen=True)
class Dashboard:
    """All that its routes need."""

    parts: Parts
    ops: Ops
