"""What an operator set for one channel, in the shape that decisions need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from connector.domain.caps import Cap
from connector.domain.handoff.base import HandoffPolicy
from connector.domain.hours import OpeningHours
from connector.domain.ids import Address, ConversationId, ExternalId
from connector.domain.media import MediaLimits
from connector.domain.tickets import TicketFields
from connector.domain.window import Window

Facts = Mapping[str, Mapping[str, str]]  # {"handoff": {"trigger": "legal"}, "customer": {...}, ...}
Told = Mapping[str, str | Mapping[str, str]]  # the same, and "next_opening" beside them


class Wording(Protocol):
    """The fixed texts, in the customer's language where there is one."""

    def render(self, name: str, language: str | None, facts: Told) -> str:
        """The text called `name`: automated | handoff | handoff_delayed | after_hours | waiting |
        solved | csat | csat_thanks | stopped | started | help."""
        ...


def no_link(_: ConversationId) -> str:
    return ""


@dataclass(frozen=True)
class Steering:
    """The tags by which agents steer."""

    hand_back: str = "bot_resume"
    pause: str = "bot_pause"
    resend: str = "connector_resend"


def no_media(_customer: Address) -> MediaLimits | None:
    return None


def no_window(_customer: Address) -> Window | None:
    return None


def nowhere(_attachment: ExternalId, _at: datetime) -> str:
    return ""


@dataclass(frozen=True)
class Policy:
    channel: str
    handoff: HandoffPolicy
    wording: Wording
    ticket_fields: Callable[[Facts], TicketFields]
    agent_prefix: Callable[[str], str]  # an agent's name -> what stands before their words
    mask: Callable[[str], str]  # card numbers and the like -> a text without them
    max_text: int  # characters a message on this channel
    quiet_period: timedelta = timedelta(seconds=1.5)
    # A ticket need not wait for its summary longer than this: the summary can follow as a note.
    summary_wait: timedelta = timedelta(seconds=8)
    handoff_delay: timedelta = timedelta(
        seconds=10
    )  # then the customer is told that it takes longer
    settle: timedelta = timedelta(minutes=10)  # after "resolved": a real reply goes on
    abandon: timedelta = timedelta(hours=24)
    ticket_retry: timedelta = timedelta(minutes=15)  # after a refusal that somebody has to mend
    bot_retry: timedelta = timedelta(minutes=1)  # with bot_failure switched off
    bot_replies: int = 40
    # The address of a conversation's page in the dashboard; "" where there is none.
    conversation_link: Callable[[ConversationId], str] = no_link
    shows_holder: bool = False  # whether the channel's own inbox shows who has the customer
    stale_drafts: int = 2  # drafts discarded in a row before one is sent although it is stale
    hours: OpeningHours | None = None  # None: people are always there
    waiting_notice: timedelta | None = None  # nobody has answered for so long; None: say nothing
    grace: timedelta = timedelta(0)  # after the solve: a real reply reopens the same ticket
    survey: timedelta | None = None  # how long an answer counts; None: don't ask
    steering: Steering = Steering()
    media: Callable[[Address], MediaLimits | None] = no_media  # what this customer can be shown
    answers_consent: bool = False  # STOP, START and HELP have no answer but ours
    # How long this customer can be sent more than templates; None: always.
    window: Callable[[Address], Window | None] = no_window
    # Limits that are used up at this moment: while there is one, the bot may not answer.
    reached: tuple[Cap, ...] = ()
    # This customer has had as many tickets as they may: the next one can be made then.
    next_ticket: datetime | None = None
    # Where an agent's file can be had from `at` on, for a while; "": nowhere.
    link: Callable[[ExternalId, datetime], str] = nowhere
