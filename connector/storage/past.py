"""Episodes as they were, with what agents said of their handoffs: what `whatif` replays."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.engine import Row

from connector.domain.conversation import Author, Message
from connector.domain.handoff.base import Trigger, Turn
from connector.domain.handoff.replay import Label, Past
from connector.storage import codec, tables

LABELS = {"bot_should_have_known": Label.NOT_NEEDED, "handoff_too_late": Label.TOO_LATE}
_ROLES = {Author.CUSTOMER: "customer", Author.BOT: "bot", Author.AGENT: "agent"}


def episodes(
    connection: Connection, since: datetime, hand_back: Mapping[str, str]
) -> Iterator[Past]:
    """Those that began since then, the oldest first. `hand_back`: each channel's hand-back tag."""
    e = tables.episodes
    # What was emptied has no texts to be replayed.
    full = select(e).where(e.c.started_at >= since, e.c.emptied_at.is_(None))
    found = connection.execute(full.order_by(e.c.started_at))
    for row in found.all():
        said = _messages(connection, row.conversation_id, row.number)
        tags = _tags(connection, row.conversation_id, row.ticket) if row.ticket else frozenset()
        labels = {LABELS[tag] for tag in tags if tag in LABELS}
        if hand_back.get(row.channel) in tags:
            labels.add(Label.NOT_NEEDED)
        yield _past(row, said, frozenset(labels))


def _past(row: Row[tuple[object, ...]], said: list[Message], labels: frozenset[Label]) -> Past:
    turns = tuple(
        Turn(m.id, _ROLES[m.author], m.text, m.offers_person)  # type: ignore[arg-type]
        for m in said
        if m.author in _ROLES and m.reached_customer
    )
    handed = None
    if row.handed_off_at is not None:
        before = sum(m.author is Author.CUSTOMER and m.at <= row.handed_off_at for m in said)
        handed = max(before - 1, 0)
    trigger = Trigger(row.trigger) if row.trigger else None
    return Past(row.id, row.channel, turns, handed, trigger, labels)


def _messages(connection: Connection, conversation: str, episode: int) -> list[Message]:
    m = tables.messages
    mine = (m.c.conversation_id == conversation) & (m.c.episode == episode)
    rows = connection.execute(select(m.c.body).where(mine).order_by(m.c.seq))
    return [codec.load_message(r.body) for r in rows]


def _tags(connection: Connection, conversation: str, ticket: str) -> frozenset[str]:
    """Every tag that the ticket was ever seen with: a hand-back tag is taken off once obeyed."""
    i = tables.inbox
    reads = (i.c.conversation_id == conversation) & (i.c.kind == "TicketRead")
    tags: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(select(i.c.payload).where(reads)):
        changes = json.loads(row.payload).get("changes", {})
        tags[str(changes.get("ticket"))].update(changes.get("tags") or ())
    return frozenset(tags[ticket])
