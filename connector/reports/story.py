"""One conversation whole: what was said, what was tried for it, and why it was handed over."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from connector.domain.conversation import Conversation, Message
from connector.domain.handoff.base import Evidence
from connector.domain.ids import ConversationId
from connector.storage import codec, conversations
from connector.storage.begins import begins
from connector.storage.tables import attempts, considered, episodes, messages, outbox

MOST_MESSAGES = 2000
o, e = outbox.c, episodes.c
_evidence = TypeAdapter(tuple[Evidence, ...])
SILENT = ("ReadTicket",)  # it happens all the time and tells nothing


@dataclass(frozen=True)
class Attempt:
    number: int
    started_at: datetime
    ended_at: datetime | None
    result: str | None
    error: str | None


@dataclass(frozen=True)
class Call:
    """Something ordered from a provider."""

    kind: str
    state: str
    created_at: datetime
    due_at: datetime
    error: str | None
    message: str | None  # ours, that it carries
    note_html: str | None  # what it puts into the ticket for agents alone
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True)
class Reason:
    """A trigger that was looked at."""

    at: datetime
    trigger: str
    fired: bool
    decided: bool
    score: float
    threshold: float
    source: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class EpisodeRow:
    number: int
    id: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    trigger: str | None
    handed_off_at: datetime | None
    ticket: str | None


@dataclass(frozen=True)
class Line:
    """A message with the calls that carried it, or a call that carried none."""

    at: datetime
    message: Message | None
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Story:
    conversation: Conversation
    episodes: tuple[EpisodeRow, ...]  # the oldest first
    shown: EpisodeRow | None  # None: nothing was written yet
    messages: tuple[Message, ...]  # of that episode, in order
    calls: tuple[Call, ...]
    reasons: tuple[Reason, ...]

    @property
    def lines(self) -> list[Line]:
        """What was said and what was done, in order; a message stands before what it led to."""
        known = {m.id for m in self.messages}
        carried = defaultdict[str, list[Call]](list)
        rest = []
        for call in self.calls:
            if call.message in known:
                carried[call.message or ""].append(call)
            else:
                rest.append(Line(call.created_at, None, (call,)))
        said = [Line(m.at, m, tuple(carried[m.id])) for m in self.messages]
        return sorted(said + rest, key=lambda line: line.at)


def story(connection: Connection, wanted: ConversationId, number: int | None) -> Story | None:
    """The episode of that number, or the newest; None if there is no such thing."""
    conversation = conversations.load(connection, wanted)
    if conversation is None:
        return None
    known = _episodes(connection, wanted)
    shown = known[-1] if known else None
    if number is not None:
        shown = next((each for each in known if each.number == number), None)
        if shown is None:
            return None
    if shown is None:
        return Story(conversation, known, None, (), (), ())
    following = next((x.started_at for x in known if x.number > shown.number), None)
    return Story(
        conversation,
        known,
        shown,
        _messages(connection, wanted, shown.number),
        tuple(_calls(connection, wanted, shown.started_at, following)),
        tuple(_reasons(connection, shown.id)),
    )


def _episodes(connection: Connection, wanted: ConversationId) -> tuple[EpisodeRow, ...]:
    columns = (e.number, e.id, e.started_at, e.ended_at, e.outcome, e.trigger, e.handed_off_at,
               e.ticket)  # fmt: skip
    # An episode's id begins with its conversation's, and is what episodes are found by.
    asked = select(*columns).where(begins(connection, e.id, f"{wanted}-"))
    return tuple(sorted((EpisodeRow(*row) for row in connection.execute(asked)), key=_number))


def _number(row: EpisodeRow) -> int:
    return row.number


def _messages(connection: Connection, wanted: ConversationId, number: int) -> tuple[Message, ...]:
    m = messages.c
    asked = select(m.body).where(m.conversation_id == wanted, m.episode == number)
    rows = connection.execute(asked.order_by(m.seq).limit(MOST_MESSAGES))
    return tuple(codec.load_message(row.body) for row in rows)


def _calls(
    connection: Connection, wanted: ConversationId, first: datetime, end: datetime | None
) -> Iterable[Call]:
    asked = select(outbox).where(
        begins(connection, o.key, wanted),
        o.conversation_id == wanted,
        o.created_at >= first,
        o.kind.not_in(SILENT),
    )
    if end is not None:
        asked = asked.where(o.created_at < end)
    rows = connection.execute(asked.order_by(o.id)).all()
    tried = _attempts(connection, [row.id for row in rows])
    for row in rows:
        payload = json.loads(row.payload)
        yield Call(row.kind, row.state, row.created_at, row.due_at, row.error,
                   payload.get("message"), _note(row.kind, payload), tuple(tried[row.id]))  # fmt: skip


def _note(kind: str, payload: dict[str, Any]) -> str | None:
    draft = payload.get("draft")
    if kind == "OpenTicket" and isinstance(draft, dict):
        return str(draft.get("note_html", ""))
    if kind == "AddComment" and isinstance(draft, dict) and not draft.get("public"):
        return str(draft.get("html", ""))
    return None


def _attempts(connection: Connection, ids: list[int]) -> defaultdict[int, list[Attempt]]:
    a, found = attempts.c, defaultdict[int, list[Attempt]](list)
    for first in range(0, len(ids), 500):
        asked = select(attempts).where(a.outbox_id.in_(ids[first : first + 500]))
        for row in connection.execute(asked.order_by(a.outbox_id, a.number)):
            found[row.outbox_id].append(
                Attempt(row.number, row.started_at, row.ended_at, row.result, row.error)
            )
    return found


def _reasons(connection: Connection, episode: str) -> Iterable[Reason]:
    k = considered.c
    asked = select(considered).where(k.episode_id == episode)
    for row in connection.execute(asked.order_by(k.id)):
        evidence = _evidence.validate_json(row.evidence)
        yield Reason(row.at, row.trigger, row.fired, row.decided, row.score, row.threshold,
                     row.source, evidence)  # fmt: skip
