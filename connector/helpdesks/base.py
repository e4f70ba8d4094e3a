"""What a helpdesk is: one account where agents work on tickets.

Webhooks only say that a ticket changed; what changed is read from the API (`changes`), because a
webhook's body is neither complete nor to be trusted for text. A webhook may get lost as well; what
a helpdesk can be asked then are capability protocols of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol, runtime_checkable

from connector.channels.base import WebhookRequest
from connector.domain.files import File
from connector.domain.ids import ExternalId, TicketId
from connector.domain.limits import Limit
from connector.domain.tickets import Changes, CommentDraft, Cursor, OpenedTicket, TicketDraft


class Helpdesk(Protocol):
    def verify(self, request: WebhookRequest) -> None:
        """Raise BadSignature unless the helpdesk signed exactly this request, recently."""
        ...

    def parse(self, request: WebhookRequest) -> Sequence[TicketId]:
        """The tickets that changed. Raise MalformedPayload if the body names none."""
        ...

    def delivery_id(self, request: WebhookRequest) -> str:
        """Names this delivery by what is signed in it, so that a replay is known as one."""
        ...

    def open_ticket(self, draft: TicketDraft) -> OpenedTicket:
        """The same draft twice gives the same ticket. Raise Transient, Rejected or Uncertain."""
        ...

    def find_ticket(self, draft: TicketDraft) -> OpenedTicket | None:
        """The ticket that an uncertain `open_ticket` of this draft made, if it made one."""
        ...

    def add_comment(self, draft: CommentDraft) -> ExternalId:
        """Add a comment or note, always saying which of the two it is; return its id."""
        ...

    def comment_limits(self, draft: CommentDraft) -> Sequence[Limit]:
        """What each comment counts under: how often a ticket and the account may be changed."""
        ...

    def find_comment(self, draft: CommentDraft) -> ExternalId | None:
        """The comment that an uncertain `add_comment` of this draft made, if it made one."""
        ...

    def remove_tags(self, ticket: TicketId, tags: Sequence[str]) -> None:
        """Take these tags off the ticket; doing it twice is doing it once."""
        ...

    def changes(self, ticket: TicketId, after: Cursor) -> Changes:
        """The state of the ticket and its comments at or after the cursor, oldest first.

        Of those that the cursor has seen only id and time need to be told.
        """
        ...


@dataclass(frozen=True)
class StoredFile:
    """A file as the helpdesk has it. `save` writes it, and gives its size: Transient, Rejected."""

    name: str
    content_type: str  # as the helpdesk calls it
    size: int  # bytes
    save: Callable[[IO[bytes]], int]


@runtime_checkable
class ServesFiles(Protocol):
    def file(self, attachment: ExternalId) -> StoredFile:
        """A comment's file. Raise Transient, or Rejected where it is gone or must not leave."""
        ...


@runtime_checkable
class TakesFiles(Protocol):
    """Files can be attached to a comment: first uploaded, then named in its draft."""

    def upload(self, file: File) -> str:
        """What goes into a draft's `files`, within the hour. One that no comment names is no harm.

        Raise Transient, or Rejected if this file is not taken.
        """
        ...


@dataclass(frozen=True)
class Blotted:
    """What came of a redaction: so many comments, and what could not be taken out, in words."""

    comments: int
    left: tuple[str, ...]


@runtime_checkable
class Redacts(Protocol):
    def redact(
        self,
        ticket: TicketId,
        comments: Sequence[ExternalId],
        fields: Sequence[str],
        *,
        person: bool,
    ) -> Blotted:
        """Blot out a forgotten customer, for good; doing it twice is doing it once.

        `comments`: only these, and nothing else of a ticket that is somebody else's too; (): all that
        the connector or the requester wrote, the subject, these `fields`, and with `person` the
        requester's own record, where the connector made it.
        Raise Transient.
        """
        ...


@runtime_checkable
class TellsLastChange(Protocol):
    def last_changes(self, tickets: Sequence[TicketId]) -> Mapping[TicketId, str]:
        """For each of up to 100 tickets a stamp that a change replaces; none where it is gone.

        Two changes within one second may leave the same stamp. Raise Transient.
        """
        ...


@dataclass(frozen=True)
class History:
    """The tickets that something happened to, each with the name of the last thing."""

    changed: Mapping[TicketId, str]
    until: datetime  # go on from here
    more: bool  # at once: this was not all


@runtime_checkable
class TellsHistory(Protocol):
    def history(self, since: datetime) -> History:
        """What others did to tickets at or after `since`, the last minute left out.

        Raise Transient, or Rejected where this account may not ask.
        """
        ...
