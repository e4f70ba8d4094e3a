"""What one Intercom workspace needs to be told; secrets never show in a repr."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

REGIONS: Mapping[str, str] = {
    "us": "https://api.intercom.io",
    "eu": "https://api.eu.intercom.io",
    "au": "https://api.au.intercom.io",
}
VERSION = "2.16"  # what calls are pinned to; without it Intercom takes the app's own
PLAIN_SINCE = (2, 15)  # webhooks of this version and newer have plain text, older ones HTML
_VERSION = re.compile(r"2\.[0-9]{1,2}", re.ASCII)
_ID = re.compile(r"[0-9]{1,30}", re.ASCII)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class IntercomConfig:
    access_token: str = field(repr=False)
    client_secrets: tuple[str, ...] = field(repr=False)  # all of them verify
    admin_id: str  # the teammate in whose name customers are answered
    region: str = "us"
    base_url: str | None = None  # a stand-in for api.intercom.io
    api_version: str | None = None  # the app's own, as its webhooks come; None: look at each body
    # What Intercom's own inbox shows while a person has the customer, and afterwards.
    assign_to_team: str | None = None
    assign_to_admin: str | None = None
    snooze_for: timedelta | None = None
    close_when_solved: bool = True
    now: Callable[[], datetime] = field(default=_now, repr=False)  # snoozing ends at a time

    def __post_init__(self) -> None:
        if not self.access_token:
            raise ValueError("access_token is needed")
        if not self.client_secrets or not all(self.client_secrets):
            raise ValueError("client_secrets: at least one is needed, none of them empty")
        for named in ("admin_id", "assign_to_team", "assign_to_admin"):
            given = getattr(self, named)
            if given is not None and not _ID.fullmatch(given):
                raise ValueError(f"{named}: digits")
        if self.region not in REGIONS:
            raise ValueError(f"region: one of {', '.join(REGIONS)}")
        if self.api_version is not None and not _VERSION.fullmatch(self.api_version):
            raise ValueError("api_version: such as 2.16")

    @property
    def root(self) -> str:
        return (self.base_url or REGIONS[self.region]).rstrip("/")

    @property
    def host(self) -> str:
        """The only host that gets this workspace's token."""
        return urlsplit(self.root).netloc.lower()

    @property
    def version(self) -> str:
        return self.api_version or VERSION

    @property
    def webhooks_have_html(self) -> bool | None:
        """None: it is not known, and each body shows it."""
        if self.api_version is None:
            return None
        major, _, minor = self.api_version.partition(".")
        return (int(major), int(minor)) < PLAIN_SINCE
