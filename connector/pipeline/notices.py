"""What a decision means for those who watch: totals, caps that are reached, notices to agents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from connector.domain.caps import Cap
from connector.domain.conversation import Conversation, HandingOff, WithAgent
from connector.domain.decide import Decision
from connector.storage import alarms, tallies
from connector.storage.alarms import Alarm

CAP_REACHED, HANDOFF = "cap_reached", alarms.NOTICE


def cap(channel: str, reached: Cap, day: str) -> Alarm:
    """One a day, channel and limit, however many customers meet it."""
    cause = f"{CAP_REACHED}:{channel}:{reached.name}:{day}"
    facts = {"limit": reached.name, "allowed": reached.allowed, "day": day}
    return Alarm(cause, CAP_REACHED, channel, facts)


def keep(
    connection: Connection, before: Conversation, decision: Decision, now: datetime,
    *, tell_handoffs: bool,
) -> None:  # fmt: skip
    """In the transaction that keeps the decision."""
    after = decision.conversation
    trigger = after.episode.trigger
    if isinstance(after.holder, HandingOff) and not isinstance(before.holder, HandingOff):
        tallies.add(connection, tallies.HANDOFFS, trigger or "", after.channel)
    opened = isinstance(after.holder, WithAgent) and isinstance(before.holder, HandingOff)
    if tell_handoffs and opened:
        facts = {"trigger": trigger or "", "ticket": after.episode.ticket or ""}
        alarm = Alarm(f"{HANDOFF}:{after.episode.id}", HANDOFF, after.channel, facts, after.id)
        alarms.add(connection, alarm, now)
