"""What to do, kept until it is done; in each direction of a conversation one at a time, in order.

due -> trying -> done
 ^       |-----> due again (it did not happen)
 |       |-----> uncertain (it may have) -> settled as done, or due again
 |       '-----> buried (given up on, visible)
 '--- cancelled, while nothing has been tried or the last try certainly failed
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, select, update

from connector.domain.effects import DIRECTIONS, Call, Direction
from connector.domain.ids import ConversationId
from connector.storage import codec
from connector.storage.once import insert_once, put
from connector.storage.prepared import Prepared
from connector.storage.tables import attempts, conversations, outbox


class State(StrEnum):
    DUE = "due"
    TRYING = "trying"
    UNCERTAIN = "uncertain"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    BURIED = "buried"
    REPLAYED = "replayed"  # an operator had it ordered again
    DROPPED = "dropped"  # an operator wants it no more
    UNKNOWN = "unknown"  # settled as far as it can be: nobody knows


_WAITING = Prepared(
    select(outbox, conversations.c.channel)
    .join(conversations, conversations.c.id == outbox.c.conversation_id)
    .where(
        outbox.c.conversation_id == bindparam("conversation"),
        outbox.c.direction == bindparam("direction"),
        outbox.c.done_at.is_(None),
        outbox.c.id > bindparam("after"),
    )
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
)
_HOLD = Prepared(
    update(outbox)
    .where(outbox.c.id == bindparam("row"), outbox.c.state == State.DUE.value)
    .values(due_at=bindparam("until"))
)
_OPEN = (outbox.c.id == bindparam("row"), outbox.c.done_at.is_(None))


def _set(*names: str) -> dict[str, BindParameter[object]]:
    return {name: bindparam(name) for name in names}


_BEGIN = Prepared(
    update(outbox)
    .where(
        outbox.c.id == bindparam("row"),
        outbox.c.state == bindparam("known_state"),
        outbox.c.attempts == bindparam("known_attempts"),
    )
    .values(_set("state", "attempts", "tried_at"))
)
_FINISH = Prepared(
    update(outbox).where(*_OPEN).values(_set("state", "done_at", "error", "attempts", "tried_at"))
)
_POSTPONE = Prepared(
    update(outbox).where(*_OPEN).values(_set("state", "due_at", "error", "attempts", "tried_at"))
)


@dataclass(frozen=True)
class Row:
    id: int
    conversation: ConversationId
    channel: str
    call: Call
    state: State
    due_at: datetime
    attempts: int
    created_at: datetime
    tried_at: datetime | None

    @property
    def in_doubt(self) -> bool:
        """It may have happened: also when the program died in the middle of a try."""
        return self.state in (State.TRYING, State.UNCERTAIN)


def add(connection: Connection, conversation: ConversationId, call: Call, at: datetime) -> None:
    """Once: a call whose key is known is the same decision made again."""
    row = {
        "conversation_id": conversation,
        "direction": DIRECTIONS[type(call)].value,
        "key": call.key,
        "kind": type(call).__name__,
        "payload": codec.dump(call),
        "state": State.DUE.value,
        "due_at": at,
        "created_at": at,
    }
    insert_once(connection, outbox, ("key",), row)


def first(
    connection: Connection, conversation: ConversationId, direction: Direction
) -> tuple[Row | None, bool]:
    """The one whose turn it is, due or not, and whether others wait behind it."""
    rows = _waiting(connection, conversation, direction, after=0, most=2)
    return (rows[0] if rows else None), len(rows) > 1


def _row(row: Any) -> Row:
    return Row(
        id=row.id,
        conversation=ConversationId(row.conversation_id),
        channel=row.channel,
        call=codec.call(row.kind, row.payload),
        state=State(row.state),
        due_at=row.due_at,
        attempts=row.attempts,
        created_at=row.created_at,
        tried_at=row.tried_at,
    )


def behind(connection: Connection, row: Row, most: int) -> list[Row]:
    """Those that wait behind it in its lane, in order."""
    direction = DIRECTIONS[type(row.call)]
    return _waiting(connection, row.conversation, direction, after=row.id, most=most)


def _waiting(
    connection: Connection,
    conversation: ConversationId,
    direction: Direction,
    *,
    after: int,
    most: int,
) -> list[Row]:
    wanted = {"conversation": conversation, "direction": direction.value}
    found = _WAITING(connection, wanted | {"after": after, "most": most})
    return [_row(each) for each in found]


def hold(connection: Connection, row: Row, until: datetime) -> None:
    """Not before then; nothing was tried."""
    _HOLD(connection, {"row": row.id, "until": until})


def begin(connection: Connection, row: Row, at: datetime) -> bool:
    """Write down that it is being tried, before it is. False if it was cancelled meanwhile."""
    number = row.attempts + 1
    known = {"row": row.id, "known_state": row.state.value, "known_attempts": row.attempts}
    now = {"state": State.TRYING.value, "attempts": number, "tried_at": at}
    return _BEGIN(connection, known | now).rowcount == 1


def finish(connection: Connection, row: Row, state: State, at: datetime, error: str = "") -> bool:
    """It is over, in this state. False if it already was: then nothing follows from it again."""
    values: dict[str, object] = {
        "row": row.id,
        "state": state.value,
        "done_at": at,
        "error": error or None,
    }
    values |= {"attempts": row.attempts, "tried_at": row.tried_at}
    done = _FINISH(connection, values)
    _ended(connection, row, state.value, at, error)
    return done.rowcount == 1


def postpone(
    connection: Connection, row: Row, state: State, due_at: datetime, at: datetime, error: str
) -> None:
    """It goes on later: `state` is DUE if it certainly did not happen, else UNCERTAIN."""
    values: dict[str, object] = {
        "row": row.id,
        "state": state.value,
        "due_at": due_at,
        "error": error,
    }
    values |= {"attempts": row.attempts, "tried_at": row.tried_at}
    _POSTPONE(connection, values)
    _ended(connection, row, state.value, at, error)


def _ended(connection: Connection, row: Row, result: str, at: datetime, error: str) -> None:
    values = {
        "outbox_id": row.id,
        "number": row.attempts,
        "started_at": row.tried_at or at,
        "ended_at": at,
        "result": result,
        "error": error or None,
    }
    # What was uncertain at first may end a second time.
    put(connection, attempts, ("outbox_id", "number"), values)


def rewrite(connection: Connection, row: Row, call: Call) -> None:
    """The same call, with what was found out while it is being tried."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == row.id, outbox.c.done_at.is_(None))
        .values(payload=codec.dump(call))
    )


def cancel(
    connection: Connection, conversation: ConversationId, keys: tuple[str, ...], at: datetime
) -> None:
    """Those that were not started, or whose last try certainly failed."""
    connection.execute(
        update(outbox)
        .where(
            and_(
                outbox.c.conversation_id == conversation,
                outbox.c.key.in_(keys),
                outbox.c.state == State.DUE.value,
            )
        )
        .values(state=State.CANCELLED.value, done_at=at)
    )
