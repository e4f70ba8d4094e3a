"""What operators order, each with its line in the audit log in the same transaction."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from connector.domain.conversation import Ended, WithBot
from connector.domain.events import HandoffOrdered
from connector.domain.ids import ConversationId
from connector.domain.lanes import INBOX, Lane
from connector.pipeline.parts import Parts
from connector.storage import buried, conversations, inbox, ops
from connector.storage.inbox import Arrival


class Refused(Exception):
    """It can't be done now; the text is a sentence for the operator."""


def hand_over(parts: Parts, account: str, conversation: ConversationId) -> None:
    """A person is to take over from the bot. Raise Refused if the bot does not have it."""
    now = parts.now()

    def keep(connection: Connection) -> None:
        found = conversations.load(connection, conversation)
        if found is None:
            raise Refused("There is no such conversation.")
        if not isinstance(found.holder, WithBot):
            over = isinstance(found.holder, Ended)
            raise Refused(
                "The conversation is over: nobody has it." if over else "A person has it already."
            )
        if found.episode.started_at is None:
            raise Refused("The customer has not written anything yet.")
        episode = found.episode.id
        event = HandoffOrdered(now, episode, account)
        arrival = Arrival("ops", f"hand_over:{episode}", conversation, event)
        (new,) = inbox.add(connection, [arrival], now)
        if not new:
            raise Refused("Somebody has ordered that already.")
        ops.note(connection, now, account, "hand_over", conversation, "ordered")

    parts.db.write(keep)
    parts.wake(Lane(conversation, INBOX))


def replay(parts: Parts, account: str, wanted: str) -> None:
    """Try what was given up on again. Raise Refused if there is no such thing any more."""
    _dig(parts, account, wanted, "replay", buried.replay)


def drop(parts: Parts, account: str, wanted: str) -> None:
    """Never try it again. Raise Refused if there is no such thing any more."""
    _dig(parts, account, wanted, "drop", buried.drop)


def _dig(
    parts: Parts, account: str, wanted: str, name: str, work: Callable[..., Lane | None]
) -> None:
    now = parts.now()

    def keep(connection: Connection) -> Lane:
        lane = work(connection, wanted, now)
        if lane is None:
            raise Refused("That is not buried any more: somebody has replayed or dropped it.")
        ops.note(connection, now, account, name, wanted, lane.conversation)
        return lane

    parts.wake(parts.db.write(keep))
