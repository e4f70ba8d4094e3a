"""What a customer, or a mistake, may cost: how many messages the bot looks at, and a day's money.

A cap that is used up is a fact that decisions are told (`Policy.reached`); what they make of it is a
handoff, so that the customer is told the truth and nobody is left without an answer. Tickets have a cap
of their own: what goes past it is a ticket that is made later (`Policy.next_ticket`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from connector.domain.ids import Address, ConversationId
from connector.domain.limits import Limit

USD_PER_DAY = "usd_per_day"
TOKENS = "tokens_per_day"
TICKETS = "tickets_per_day"
MESSAGES, PREFIX, COUNTRY = (
    "messages_per_hour",
    "prefix_messages_per_hour",
    "country_messages_per_hour",
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BLOCK = 4  # digits: numbers that differ in these alone were given out together
# Country calling codes of one and two digits (ITU-T E.164, annex of 2016); all others have three.
_SHORT = frozenset(
    "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 "
    "65 66 81 82 84 86 90 91 92 93 94 95 98".split()
)


@dataclass(frozen=True)
class Cap:
    """A limit that is used up: its setting's name, and what it allows in words."""

    name: str
    allowed: str

    @property
    def forbids_calls(self) -> bool:
        """Nothing more may be asked of the model, summaries neither."""
        return self.name in (USD_PER_DAY, TOKENS)


@dataclass(frozen=True)
class MessageCaps:
    """How many customer messages an hour the bot looks at; None: any number."""

    customer: int | None = None
    prefix: int | None = None  # of all numbers that share all but the last four digits
    country: int | None = None  # of all numbers with the same country calling code


def buckets(
    caps: MessageCaps, channel: str, ours: ConversationId, address: Address
) -> tuple[tuple[Cap, Limit], ...]:
    """What one more message of this customer counts in. A bucket holds an hour's worth.

    No name holds a customer's whole number.
    """
    digits = number(address)
    wanted = (
        (MESSAGES, caps.customer, ours),
        (PREFIX, caps.prefix, digits[:-BLOCK]),
        (COUNTRY, caps.country, country(digits)),
    )
    return tuple(
        (
            Cap(name, f"{allowed} messages an hour"),
            Limit(f"cap:{channel}:{name}:{whose}", HOUR / allowed, allowed),
        )
        for name, allowed, whose in wanted
        if allowed is not None and whose
    )


def ticket_bucket(allowed: int, channel: str, ours: ConversationId) -> tuple[Cap, Limit]:
    """What one more ticket of this customer counts in. A bucket holds a day's worth."""
    cap = Cap(TICKETS, f"{allowed} tickets of one customer a day")
    return cap, Limit(f"cap:{channel}:{TICKETS}:{ours}", DAY / allowed, allowed)


def number(address: Address) -> str:
    """The digits of a phone number, with its country's code; "" for what is none."""
    bare = address.rpartition(":")[2]
    digits = bare.removeprefix("+")
    phone = bare.startswith("+") and digits.isascii() and digits.isdigit()
    return digits if phone and len(digits) > BLOCK else ""


def country(digits: str) -> str:
    """The calling code that a number begins with."""
    return next((digits[:n] for n in (1, 2) if digits[:n] in _SHORT), digits[:3])
