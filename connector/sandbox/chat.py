"""What the twins of chat services keep: what was said, by whom, and what became of it.

A service joins the page and the stage with one `App`; neither knows it by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import Any, Literal, Protocol, runtime_checkable

from connector.sandbox.changes import Changes


@dataclass(frozen=True)
class File:
    name: str
    kind: str
    url: str


@dataclass
class Said:
    """One message of a chat; inbound is what the customer wrote."""

    id: str
    direction: Literal["inbound", "outbound"]
    customer: str
    text: str
    at: datetime
    status: str
    error_code: int | None = None
    media: str = ""  # a file's address or id
    choices: tuple[str, ...] = ()  # answers that the customer can tap
    files: tuple[File, ...] = ()


class Chats:
    """Everything that was said over one service. Safe to use from several threads."""

    def __init__(self, changes: Changes) -> None:
        self._said: list[Said] = []
        self._changes, self._lock = changes, RLock()
        self._typing: dict[str, datetime] = {}

    def add(self, said: Said) -> Said:
        with self._lock:
            self._said.append(said)
            if said.direction == "outbound":
                self._typing.pop(said.customer, None)
        self._changes.bump()
        return said

    def move(self, said: Said, status: str, code: int | None = None) -> None:
        with self._lock:
            said.status, said.error_code = status, code
        self._changes.bump()

    def read(self, customer: str, upto: str = "") -> None:
        """The business read what the customer wrote, up to the message of this id, or all of it."""
        with self._lock:
            theirs = [s for s in self.of(customer) if s.direction == "inbound"]
            ids = [s.id for s in theirs]
            for said in theirs[: ids.index(upto) + 1 if upto in ids else len(ids)]:
                said.status = "read"
        self._changes.bump()

    def type(self, customer: str, at: datetime, lasts: timedelta) -> None:
        with self._lock:
            self._typing[customer] = at + lasts
        self._changes.bump()

    def typing_until(self, customer: str) -> datetime | None:
        with self._lock:
            return self._typing.get(customer)

    def of(self, customer: str) -> list[Said]:
        """What the customer's phone shows, oldest first."""
        with self._lock:
            return [said for said in self._said if said.customer == customer]

    def find(self, identity: str) -> Said | None:
        with self._lock:
            return next((said for said in self._said if said.id == identity), None)

    def customers(self) -> list[str]:
        with self._lock:
            return list(dict.fromkeys(said.customer for said in self._said))

    def wrote_since(self, customer: str, since: datetime) -> bool:
        """Whether the customer wrote so lately: the window in which one may answer freely."""
        return any(s.direction == "inbound" and s.at >= since for s in self.of(customer))

    def state(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(said) for said in self._said]


class Service(Protocol):
    """What the page needs of a twin whose customers chat."""

    def customers(self) -> Sequence[str]: ...

    def conversation(self, customer: str) -> Sequence[Said]: ...

    def customer_says(self, text: str, *, customer: str) -> object: ...


@runtime_checkable
class Taps(Protocol):
    """Its customers can tap an answer, which is told otherwise than what they write."""

    def customer_taps(self, choice: str, *, customer: str) -> object: ...


@runtime_checkable
class Types(Protocol):
    """Its customers see that the business is writing."""

    def typing_until(self, customer: str) -> datetime | None: ...


@dataclass(frozen=True)
class App:
    """One way to write to the business, as the stage has it and the page offers it."""

    key: str  # of its customers' addresses on the page, before a colon
    label: str  # SMS, WhatsApp, ...
    provider: str  # whose stand-in it is, in the list of what can be made to fail
    reached_at: str  # what customers write to: a number, a name
    service: Service
    known: tuple[str, ...] = ()  # customers who are there before they wrote
    operations: Mapping[str, str] = field(default_factory=dict)  # in words -> "POST /path*"


class RefusedError(Exception):
    """The service would not do it: its own code and sentence."""

    def __init__(self, status: int, code: int, sentence: str, subcode: int | None = None) -> None:
        super().__init__(sentence)
        self.status, self.code, self.sentence, self.subcode = status, code, sentence, subcode
