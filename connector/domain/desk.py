"""A ticket of a conversation: how far it has been read, and what of ours is on its way to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from connector.domain.ids import EpisodeId, ExternalId, TicketId
from connector.domain.tickets import Cursor

# How many of the newest that were sent are watched for being redacted or made internal afterwards.
WATCHED = 100


@dataclass(frozen=True)
class Mirrored:
    """A comment that was sent to the customer, as it was then, or when agents were last told."""

    comment: ExternalId
    redactions: int = 0
    private: bool = False


@dataclass(frozen=True)
class Desk:
    ticket: TicketId
    requester: ExternalId
    cursor: Cursor = Cursor()
    reads: int = 0
    reading: bool = False
    read_again: bool = False  # it changed while it was being read
    # Our own changes of its state that are not done yet (reopened, a tag removed). Until they are,
    # a reading may show the state from before them, and is not believed in that.
    writes: tuple[str, ...] = ()
    stale: bool = False  # the reading under way began before such a change was done
    paused: bool = False  # the pause tag is on it
    waiting: bool = False  # its agent waits, for the customer or for somebody else
    merged: tuple[TicketId, ...] = ()  # these were merged into it
    mirrored: tuple[Mirrored, ...] = ()  # oldest first

    @property
    def believed(self) -> bool:
        """Whether what a reading says of the ticket's state is its state now."""
        return not (self.writes or self.stale)

    def sent(self, mirrored: Mirrored) -> Desk:
        """With what is known of this comment at the end."""
        others = tuple(m for m in self.mirrored if m.comment != mirrored.comment)
        return replace(self, mirrored=(*others, mirrored)[-WATCHED:])

    def writing(self, key: str) -> Desk:
        return replace(self, writes=(*self.writes, key))


@dataclass(frozen=True)
class Survey:
    """The customer was asked how it was: until then a number is the answer."""

    episode: EpisodeId
    until: datetime
    asked_again: bool = False  # after a number that is not from 1 to 5
