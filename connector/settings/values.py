"""The kinds of value that a key may have, each with its check and its part of the JSON Schema."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    SecretStr,
    WithJsonSchema,
)

from connector.settings.interpolate import Interpolated
from connector.settings.problems import refused

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = 10 * 365 * 86400.0
_E164 = r"\+[1-9]\d{6,14}"


def parse_duration(value: object) -> timedelta:
    """`300ms`, `1.5s`, `10m`, `24h` or `7d`. Raise `refused` for anything else."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise refused("must be a duration such as 300ms, 1.5s, 10m, 24h or 7d")
    seconds = float(match[1]) * _UNITS[match[2]]
    if seconds > _LONGEST:
        raise refused("must be at most 3650d")
    return timedelta(seconds=seconds)


def format_duration(value: timedelta) -> str:
    """The shortest way to write it, in the largest unit that divides it."""
    micro = timedelta(microseconds=1)
    for unit in ("d", "h", "m", "s"):
        one = timedelta(seconds=_UNITS[unit])
        if value and value % one == timedelta(0):
            return f"{value // one}{unit}"
    if value < timedelta(seconds=1):
        return f"{value // micro / 1000:g}ms"
    return f"{value // micro / 1_000_000:.6f}".rstrip("0").rstrip(".") + "s"


def between(low: str, high: str) -> AfterValidator:
    """Both ends are allowed."""

    def check(value: timedelta) -> timedelta:
        if not parse_duration(low) <= value <= parse_duration(high):
            raise refused(f"must be from {low} to {high}")
        return value

    return AfterValidator(check)


def matches(pattern: str, reason: str, hint: str = "") -> AfterValidator:
    """The whole text has this form."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value, re.ASCII):
            raise refused(reason, hint)
        return value

    return AfterValidator(check)


def is_loopback(host: str | None) -> bool:
    """Whether a URL's host is this machine."""
    if host is None:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_loopback_url(value: object) -> bool:
    try:
        return isinstance(value, str) and is_loopback(urlsplit(value).hostname)
    except ValueError:
        return False


def _url(value: str) -> str:
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError:
        raise refused("must be a URL such as https://connector.example.com") from None
    if url.scheme not in {"http", "https"} or not url.hostname or re.search(r"\s", value):
        raise refused("must be a URL such as https://connector.example.com")
    _no_extras(url)
    if url.scheme == "http" and not is_loopback(url.hostname):
        raise refused("must begin with https:// (http:// only for this machine)")
    return value.rstrip("/")


def _no_extras(url: SplitResult) -> None:
    if url.username is not None or url.password is not None:
        raise refused("must not hold a name or password")
    if url.query or url.fragment:
        raise refused("must not have a part after ? or #")


def _root_url(value: str) -> str:
    url = _url(value)
    if urlsplit(url).path:
        raise refused("must be the root of the provider", "leave out the path, such as /v1")
    return url


def _database(value: str) -> str:
    scheme = value.partition("://")[0]
    if scheme not in {"sqlite", "postgresql", "postgresql+psycopg"} or "://" not in value:
        raise refused("must begin with sqlite:/// or postgresql://")
    if scheme == "sqlite" and not re.match(r"sqlite:///.", value):
        raise refused("must name a file, such as sqlite:///var/connector.db")
    return value


def _no_literal_password(value: object) -> object:
    if isinstance(value, str) and (not isinstance(value, Interpolated) or value.from_default):
        _, at, _ = value.partition("://")[2].rpartition("@")
        if at and re.search(r"://[^/@]*:[^/]*@", value):
            raise refused("holds a password", "write ${DATABASE_URL} and set it outside this file")
    return value


def _whole_number(value: object) -> object:
    """The environment holds texts only: what came from there may stand for a number."""
    is_number = isinstance(value, Interpolated) and re.fullmatch(r"[+-]?\d{1,15}", value, re.ASCII)
    return int(str(value)) if is_number else value


def _number(value: object) -> object:
    if isinstance(value, Interpolated):
        found = re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,15})?", value, re.ASCII)
        return float(value) if found else value
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _yes_or_no(value: object) -> object:
    known = {"true": True, "false": False}
    return known.get(value.lower(), value) if isinstance(value, Interpolated) else value


def _string(pattern: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", **more})


Whole = Annotated[int, BeforeValidator(_whole_number)]
Number = Annotated[float, BeforeValidator(_number)]
Switch = Annotated[bool, BeforeValidator(_yes_or_no)]
Word = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, Field(min_length=1)]
Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    _string(r"\d+(\.\d+)?(ms|s|m|h|d)"),
]
Url = Annotated[str, AfterValidator(_url), _string("https?://.+")]
RootUrl = Annotated[str, AfterValidator(_root_url), _string("https?://[^/]+/?")]
DatabaseUrl = Annotated[
    str,
    BeforeValidator(_no_literal_password),
    AfterValidator(_database),
    _string(r"(sqlite:///|postgresql(\+psycopg)?://).+"),
]
_PHONE = rf"((whatsapp:)?{_E164}|[1-9][0-9]{{2,7}})"  # or a short code
PhoneNumber = Annotated[
    str,
    matches(_PHONE, 'must be a number such as "+15550100" or "whatsapp:+15550100"'),
    _string(_PHONE),
]
Language = Annotated[
    str,
    matches(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", "must be a language such as en or pt-BR"),
    _string(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"),
]
Tag = Annotated[
    str, matches(r"[^\s,]{1,255}", "must be one word without spaces or commas"), _string(r"[^\s,]+")
]
