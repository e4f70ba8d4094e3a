"""Whether the addresses of `ops.alerts` can be told anything: looked at without telling, or tried.

An address is a secret (it holds tokens), so what is shown of one is its place in the list, the service, and
at most the host that it names.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from connector.settings import Settings
from connector.upkeep import Finding, Mark
from connector.watch.sentences import Telling
from connector.watch.telling import Send, by_apprise

WAIT = 5.0  # seconds for a connection
TEST = Telling(
    "connector: a test",
    "`connector doctor --alerts` sent this. Nothing is the matter, nothing to do.",
)
MEND = "see docs/OPERATING.md#people-are-told for how addresses are written"
_PORTS = {"http": 80, "https": 443}

Place = tuple[str, int]


@dataclass(frozen=True)
class Service:
    """What an address stands for; `place`: where it is, as far as the address itself says."""

    name: str
    place: Place | None


def findings(settings: Settings, *, send: bool, tell: Send = by_apprise) -> Iterator[Finding]:
    """A line for each address, its place in the list first. `send`: tell each a test message."""
    given = settings.ops.alerts
    for key, addresses in (("to", given.to), ("handoffs_to", given.handoffs_to)):
        for number, secret in enumerate(addresses, 1):
            address = secret.get_secret_value()
            yield _finding(f"{key} {number}", address, _tried(address, tell) if send else None)


def _finding(about: str, address: str, taken: str | None) -> Finding:
    """`taken`: what came of a test message, "" if all went well; None: none was sent."""
    service = understood(address)
    if service is None:
        return Finding(about, Mark.WRONG, "is no address that Apprise knows", MEND)
    if taken is not None:
        if taken:
            return Finding(about, Mark.WRONG, f"{service.name} did not take a test message ({taken})",
                           "see what the service says of its tokens, and the way there")  # fmt: skip
        return Finding(about, Mark.WELL, f"{service.name} took a test message")
    if service.place is None:
        told = f"well-formed ({service.name}); --alerts sends it a test message"
        return Finding(about, Mark.WELL, told)
    host, port = service.place
    failure = _connected(service.place)
    if failure:
        return Finding(about, Mark.WRONG, f"{service.name}: {host}:{port} is not reached ({failure})",
                       "see the name, and the way there (a proxy or firewall)")  # fmt: skip
    return Finding(about, Mark.WELL, f"well-formed ({service.name}); {host}:{port} is reached")


def understood(address: str) -> Service | None:
    import apprise

    # Its lines name addresses, and these are secrets.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    try:
        made = apprise.Apprise.instantiate(address)
    except Exception:  # a service's plugin may do anything with what it can't read
        return None
    return None if made is None else Service(str(made.service_name), _place(made))


def _place(service: Any) -> Place | None:
    """None where only the service's own code knows: what stands in the host's place is a token then."""
    mail = getattr(service, "smtp_host", None)
    if mail and service.port:
        return str(mail), int(service.port)
    fixed = urlsplit(str(getattr(service, "notify_url", None) or ""))
    if fixed.hostname and fixed.scheme in _PORTS and "{" not in fixed.netloc:
        return fixed.hostname, fixed.port or _PORTS[fixed.scheme]
    if service.host and any("{host}" in str(each) for each in service.templates):
        return str(service.host), int(service.port or _PORTS["https" if service.secure else "http"])
    return None


def _connected(place: Place) -> str:
    """Why it is not reached; "" if it is."""
    try:
        socket.create_connection(place, WAIT).close()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _tried(address: str, tell: Send) -> str:
    try:
        return "" if tell(address, TEST) else "refused, or not reached"
    except Exception as error:  # its text may hold the address
        return type(error).__name__
