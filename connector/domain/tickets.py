"""What the connector asks of a helpdesk and what it reads back, in no helpdesk's own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from connector.domain.ids import EpisodeId, ExternalId, TicketId

# Zendesk stamps comments by the second and lists may lag: what is this much older than the newest
# comment seen is taken as settled.
OVERLAP = timedelta(minutes=5)


@dataclass(frozen=True)
class Requester:
    """The customer as the helpdesk should know them. Never holds an address taken from their texts."""

    external_id: str
    name: str
    phone: str | None = None  # E.164
    language: str | None = None


@dataclass(frozen=True)
class TicketFields:
    """The channel's mapping, rendered."""

    group: int | None = None
    brand: int | None = None
    form: int | None = None
    priority: str | None = None
    tags: tuple[str, ...] = ()
    custom: tuple[tuple[str, str], ...] = ()  # (field id, value)


@dataclass(frozen=True)
class TicketDraft:
    key: str  # the same for every attempt: the helpdesk's idempotency key
    external_id: EpisodeId
    subject: str
    requester: Requester
    note_html: str  # the first comment, always internal
    fields: TicketFields
    follows: TicketId | None = None  # the customer's ticket before; linked where it is closed


@dataclass(frozen=True)
class OpenedTicket:
    id: TicketId
    requester: ExternalId
    lacks: tuple[str, ...] = ()  # what the helpdesk would not have; its note says so in words


@dataclass(frozen=True)
class CommentDraft:
    key: str  # goes into the comment's metadata, where an uncertain attempt is looked for
    ticket: TicketId
    html: str
    public: bool
    author: ExternalId | None = None  # the requester, or None for the connector itself
    also: tuple[str, ...] = ()  # the keys of others that stand in the same comment
    reopen: bool = False  # a ticket that is solved, pending or on hold becomes open with it
    files: tuple[str, ...] = ()  # the helpdesk's own names of what was uploaded for it


@dataclass(frozen=True)
class Attachment:
    """A file that stands in a comment."""

    id: ExternalId
    name: str
    content_type: str  # as the helpdesk calls it
    size: int  # bytes
    refused: str = ""  # why nobody outside may have it, in words for an agent


@dataclass(frozen=True)
class Comment:
    """One comment as read from the API. A flag that was missing there is False here."""

    id: ExternalId
    at: datetime
    text: str  # readable plain text
    public: bool
    by_agent: bool
    ours: bool  # carries our marker
    automatic: bool  # a trigger, an automation or the system wrote it
    author_name: str = ""
    attachments: tuple[Attachment, ...] = ()
    redactions: int = 0  # how much of it was blotted out: characters and files


@dataclass(frozen=True)
class TakenBack:
    """A comment that is internal, or of which something was blotted out, whenever it was written."""

    comment: ExternalId
    private: bool
    redactions: int


class TicketStatus(StrEnum):
    OPEN = "open"  # new, open, pending, on hold: somebody's job
    SOLVED = "solved"
    CLOSED = "closed"


@dataclass(frozen=True)
class Changes:
    ticket: TicketId
    status: TicketStatus
    comments: tuple[Comment, ...]  # oldest first
    tags: tuple[str, ...] = ()
    merged_into: TicketId | None = None
    merged_at: datetime | None = None
    taken_back: tuple[TakenBack, ...] = ()  # among those that were listed, also before the cursor
    waiting: bool = False  # open, and its agent waits for the customer or for somebody else


@dataclass(frozen=True)
class Cursor:
    """Up to where a ticket's comments have been taken: the newest time, and the ids around it."""

    at: datetime | None = None
    seen: tuple[ExternalId, ...] = ()
    begins: datetime | None = None  # what is not newer than this was never ours to take

    @property
    def since(self) -> datetime | None:
        return self.begins if self.at is None else self.at - OVERLAP

    def fresh(self, comments: tuple[Comment, ...]) -> tuple[Comment, ...]:
        since, begins = self.since, self.begins
        return tuple(
            c
            for c in comments
            if c.id not in self.seen
            and (since is None or c.at >= since)
            and (begins is None or c.at > begins)
        )

    def after(self, comments: tuple[Comment, ...]) -> Cursor:
        """The cursor once these, a full reading since `since`, have been taken too."""
        times = [c.at for c in comments] + ([self.at] if self.at else [])
        if not times:
            return self
        newest = max(times)
        kept = {c.id: c.at for c in comments if c.at >= newest - OVERLAP}
        old = tuple(i for i in self.seen if i not in kept) if newest == self.at else ()
        return Cursor(newest, (*old, *kept), self.begins)
