"""What `setup` and `doctor` ask of an adapter: what there should be at its provider, and what is.

A `Piece` is one thing that can be made (a webhook, a number's address), a `Check` one question
whose answer a person has to act on. Each is asked for on its own, so that one failure hides none
of the others. Nothing here carries a secret, but for `TellsSecret`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

SET_UP = "run `connector setup`"


@dataclass(frozen=True)
class Site:
    """What the configuration says of one account, and where this account should call us."""

    name: str  # its key in the configuration
    url: str  # the endpoint of its webhooks
    tags: Mapping[str, str] = field(default_factory=dict)  # what an agent's tag does -> the tag
    ids: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # kind -> ids that tickets use
    with_fields: bool = False  # make the optional ticket fields too


@dataclass(frozen=True)
class Difference:
    """`found` is "" where there is nothing yet."""

    name: str
    found: str
    wanted: str


@dataclass(frozen=True)
class State:
    exists: bool
    differences: tuple[Difference, ...] = ()

    @property
    def is_right(self) -> bool:
        return self.exists and not self.differences


@dataclass(frozen=True)
class Piece:
    """One thing at the provider. Both raise ProviderError; `make` changes what differs only."""

    about: str
    look: Callable[[], State]
    make: Callable[[], None]
    then: Callable[[], str] = lambda: ""  # what the operator does once it is there
    optional: bool = False  # nothing is amiss without it


class Mark(StrEnum):
    WELL = "well"
    NOTE = "note"  # can't be seen from here, or worth knowing
    CARE = "care"  # works, but not for long or not as it could
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One line for the operator: what was found, and how to mend it where that is needed."""

    about: str
    mark: Mark
    found: str
    mend: str = ""


@dataclass(frozen=True)
class Check:
    """`look` raises ProviderError where the provider can't be asked."""

    about: str
    look: Callable[[], Finding]


@runtime_checkable
class SetsUp(Protocol):
    def pieces(self, site: Site) -> Sequence[Piece]:
        """What should be at the provider, in the order in which it is made."""
        ...


@runtime_checkable
class Inspects(Protocol):
    def checks(self, site: Site) -> Sequence[Check]:
        """What can be asked beside the pieces."""
        ...


@runtime_checkable
class TellsSecret(Protocol):
    def new_secret(self, site: Site) -> str | None:
        """What the provider signs with, unless it is configured already. Raise ProviderError."""
        ...


def differences(
    wanted: Mapping[str, object], found: Mapping[str, object]
) -> tuple[Difference, ...]:
    """Where `found` says something else; what is not wanted there is left alone."""
    return tuple(
        Difference(name, _told(found.get(name)), _told(value))
        for name, value in wanted.items()
        if found.get(name) != value
    )


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_told(each) for each in value)
    return "" if value is None else str(value)


BAD_CLOCK, ODD_CLOCK = timedelta(minutes=4), timedelta(seconds=30)


def of_clock(about: str, skew: timedelta) -> Finding:
    """`skew`: ours less theirs. Signatures more than five minutes old are refused."""
    seconds = round(abs(skew).total_seconds())
    if seconds <= ODD_CLOCK.total_seconds():
        return Finding(about, Mark.WELL, "agrees with the provider's")
    found = f"is {seconds} seconds {'ahead' if skew > timedelta() else 'behind'}"
    mark = Mark.WRONG if seconds > BAD_CLOCK.total_seconds() else Mark.CARE
    return Finding(about, mark, found, "set this machine's clock by NTP (e.g. chrony)")


def no_answer(about: str, site: Site, why: str) -> Finding:
    mend = "is `connector serve` running, and does public_url lead to it from here?"
    found = f"nothing answers at {site.url} ({in_words(why)})"
    return Finding(about, Mark.WRONG, found, mend)


_IN_WORDS = {
    "ConnectionError": "no connection",
    "ConnectTimeout": "no connection in time",
    "ReadTimeout": "no answer in time",
    "ProxyError": "the proxy let nothing through",
    "SSLError": "its certificate can't be trusted",
}


def in_words(why: str) -> str:
    """The name of a transport failure, as an operator would say it."""
    return _IN_WORDS.get(why, why)


def of_round_trip(about: str, site: Site, signed: int, unsigned: int) -> Finding:
    """What the two requests to our own public address were answered with."""
    if signed == 401:
        mend = "restart `connector serve` with the secrets that are set here; compare the clocks"
        return Finding(about, Mark.WRONG, "what runs refuses a signed request (401)", mend)
    if signed == 503:
        mend = "see its log, and GET /readyz"
        return Finding(about, Mark.WRONG, "the connector answers that it can't work (503)", mend)
    if signed != 200 or unsigned != 401:
        found = f"something else answers at {site.url} (signed: {signed}, unsigned: {unsigned})"
        return Finding(about, Mark.WRONG, found, "see where public_url leads")
    return Finding(about, Mark.WELL, "signed requests are taken, others refused")
