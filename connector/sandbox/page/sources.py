"""What the page needs from the sandbox, and nothing else: it is shown over these shapes alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Direction = Literal["inbound", "outbound"]
FaultKind = Literal["unavailable", "throttled", "reset_before", "reset_after", "delay"]
TicketStatus = Literal["open", "pending", "hold", "solved"]

FAULT_KINDS: Mapping[FaultKind, str] = {
    "unavailable": "503, with Retry-After",
    "throttled": "429, too many requests",
    "reset_before": "Connection reset before it is done",
    "reset_after": "Connection reset after it was done",
    "delay": "Answer 5 seconds late",
}
TICKET_STATUSES: tuple[TicketStatus, ...] = ("open", "pending", "hold", "solved")


class RefusedError(Exception):
    """The twin would not do it; the text is a sentence for the person at the page."""


@dataclass(frozen=True)
class Attachment:
    name: str
    kind: str
    url: str


@dataclass(frozen=True)
class PhoneMessage:
    """One message of a customer's conversation; inbound is what the customer wrote."""

    sid: str
    direction: Direction
    text: str
    at: datetime
    status: str
    error_code: int | None = None
    media: tuple[Attachment, ...] = ()
    choices: tuple[str, ...] = ()  # answers that the customer can tap


@dataclass(frozen=True)
class App:
    """One way to write to the business; its customers by their whole addresses."""

    key: str
    label: str
    reached_at: str  # what customers write to: a number, a name
    customers: tuple[str, ...]  # those that have not written yet included


@dataclass(frozen=True)
class Comment:
    """One comment of a ticket; one that is not public is an internal note."""

    id: str
    author: str
    role: str
    public: bool
    html: str
    plain: str
    at: datetime
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Ticket:
    id: int
    subject: str
    status: str
    priority: str | None
    group: str | None
    tags: tuple[str, ...]
    requester: str
    requester_phone: str | None
    comments: tuple[Comment, ...]


@dataclass(frozen=True)
class Fact:
    """One structured log line: ids, never a text."""

    id: int
    at: datetime
    name: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class FaultOrder:
    """How a twin shall fail, and how often. The operation is one of those that the twin names."""

    twin: str
    operation: str
    kind: FaultKind
    times: int


class Phone(Protocol):
    def apps(self) -> Sequence[App]:
        """What there is to choose from; the first one is shown first."""
        ...

    def conversation(self, customer: str) -> Sequence[PhoneMessage]: ...

    def typing_until(self, customer: str) -> datetime | None:
        """Until when the customer sees that an answer is being written."""
        ...

    def customer_says(self, customer: str, text: str) -> None: ...

    def customer_taps(self, customer: str, choice: str) -> None:
        """Tap one of the newest message's choices. Raise RefusedError if there is none such."""
        ...


class Desk(Protocol):
    def tickets(self) -> Sequence[Ticket]: ...

    def reply(self, ticket: int, text: str, *, public: bool, solve: bool) -> None:
        """Write one comment. Raise RefusedError if the ticket takes none."""
        ...

    def set_status(self, ticket: int, status: TicketStatus) -> None: ...

    def actions(self) -> Sequence[str]:
        """What else an agent can do to a ticket, by name."""
        ...

    def act(self, ticket: int, action: str) -> None:
        """Raise RefusedError if the ticket takes no change."""
        ...

    def merge(self, ticket: int, into: int) -> None:
        """Raise RefusedError if either takes no change."""
        ...


class Faults(Protocol):
    def operations(self) -> Mapping[str, Sequence[str]]:
        """Each twin by name, with the operations that can be made to fail."""
        ...

    def active(self) -> Sequence[FaultOrder]:
        """What will still fail; `times` is how often."""
        ...

    def add(self, order: FaultOrder) -> None: ...

    def clear(self) -> None: ...


class Changes(Protocol):
    @property
    def version(self) -> int: ...

    def wait(self, since: int, timeout: float) -> int:
        """Return the version as soon as it is above `since`, or when the time is over."""
        ...


class Facts(Protocol):
    def facts(self) -> Sequence[Fact]:
        """The newest facts, oldest first."""
        ...


@dataclass(frozen=True)
class Sources:
    phone: Phone
    desk: Desk
    faults: Faults
    facts: Facts
    changes: Changes
