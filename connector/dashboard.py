"""The dashboard, put together from the settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, SecretStr

from connector import __version__
from connector.domain.policy import Policy
from connector.settings import Settings
from connector.settings.secrets import KEYS
from connector.settings.values import format_duration
from connector.web.ops.accounts import Account
from connector.web.ops.oidc import Provider
from connector.web.ops.parts import Group, Ops, Value

MASKED = "••••••••"
_GROUPS = ("helpdesks", "bots", "channels")


def of(settings: Settings) -> Ops:
    auth = settings.ops.auth
    accounts = None
    if auth is not None:
        accounts = {
            name: Account(name, given.password_hash.get_secret_value(), given.role)
            for name, given in auth.accounts.items()
        }
    return Ops(
        accounts=accounts,
        zone=ZoneInfo(settings.ops.timezone),
        public_host=urlsplit(settings.public_url).netloc,
        configuration=tuple(_configuration(settings)),
        ticket_urls={n: _ticket_url(settings, c.helpdesk) for n, c in settings.channels.items()},
        version=__version__,
        oidc=_provider(settings),
    )


def _provider(settings: Settings) -> Provider | None:
    given = settings.ops.auth.oidc if settings.ops.auth else None
    if given is None:
        return None
    return Provider(
        issuer=given.issuer,
        client_id=given.client_id,
        client_secret=given.client_secret.get_secret_value(),
        redirect_uri=f"{settings.public_url.rstrip('/')}/ops/sign-in/oidc/back",
        label=given.label,
        scopes=given.scopes,
        roles_claim=given.roles_claim,
        name_claim=given.name_claim,
        operators=frozenset(given.operators),
        viewers=frozenset(given.viewers),
    )


def with_page(policy: Policy, settings: Settings) -> Policy:
    """Knowing where a conversation's page is, if agents elsewhere can have an account there."""
    if settings.ops.auth is None:
        return policy
    root = settings.public_url.rstrip("/")
    return replace(policy, conversation_link=lambda ours: f"{root}/ops/conversations/{ours}")


def _ticket_url(settings: Settings, helpdesk: str) -> str:
    """A stand-in has no page of its own for a ticket."""
    desk = settings.helpdesks[helpdesk]
    return "" if desk.base_url else f"https://{desk.subdomain}.zendesk.com/agent/tickets/"


def _configuration(settings: Settings) -> Iterator[Group]:
    top = {n: getattr(settings, n) for n in ("public_url", "database", "runner")}
    files = sorted({origin.file for origin in settings.origins.values()})
    file = (Value("file", each, "of this configuration") for each in files)
    yield Group("What runs", (*file, *_values(settings, "", top)))
    for group in _GROUPS:
        for name, section in getattr(settings, group).items():
            values = tuple(_values(settings, f"{group}.{name}", section))
            yield Group(f"{group[:-1].capitalize()} {name}", values)
    yield Group("Operators", tuple(_values(settings, "ops", settings.ops)))


def _values(settings: Settings, path: str, value: Any) -> Iterator[Value]:
    """The leaves, in the order of the sections."""
    if isinstance(value, BaseModel):
        below = {name: getattr(value, name) for name in type(value).model_fields}
        yield from _values(settings, path, below)
    elif isinstance(value, Mapping) and value:
        for name, each in value.items():
            yield from _values(settings, f"{path}.{name}".removeprefix("."), each)
    else:
        yield _value(settings, path, value)


def _value(settings: Settings, path: str, value: Any) -> Value:
    key = path.rpartition(".")[2]
    secret = isinstance(value, SecretStr) or key in KEYS
    found = _origin(settings, path)
    if secret:
        number = len(value) if isinstance(value, tuple) else 1
        shown = " ".join([MASKED] * number) if value is not None else "–"
        return Value(path, shown, found, secret=value is not None)
    return Value(path, _shown(path, value), found)


def _origin(settings: Settings, path: str) -> str:
    """A channel's own line, else the one in `defaults`, else that nothing was said."""
    paths = [path]
    if path.startswith("channels."):
        paths.append("defaults." + path.split(".", 2)[2])
    for each in paths:
        found = settings.origins.get(each) or settings.origins.get(f"{each}[0]")
        if found is not None:
            return str(found)
    return "built in"


def _shown(path: str, value: Any) -> str:
    if path == "database":
        return _without_password(str(value))
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "total_seconds"):
        return format_duration(value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value == {} else str(value)


def _without_password(url: str) -> str:
    url = re.sub(r"(password=)[^&]*", rf"\1{MASKED}", url)
    parts = urlsplit(url)
    if parts.password is None:
        return url
    name, host = parts.username or "", parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{name}:{MASKED}@{host}").geturl()
