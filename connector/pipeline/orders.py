"""What operators order, each with its line in the audit log in the same transaction.

Of two who order the same at the same time, the second is told so: nothing is done twice or by half.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from connector.domain.conversation import (
    Conversation,
    Ended,
    HandingOff,
    Solved,
    WithAgent,
    WithBot,
)
from connector.domain.decide.resend import missing
from connector.domain.events import HandBackOrdered, HandoffOrdered, Order, ResendOrdered
from connector.domain.ids import ConversationId, EpisodeId
from connector.domain.lanes import INBOX, Lane
from connector.pipeline.forgetting import TicketUnderWay, everywhere
from connector.pipeline.parts import Parts
from connector.storage import articles, buried, conversations, forgetting, inbox, ops
from connector.storage.inbox import Arrival


class Refused(Exception):
    """It can't be done now; the text is a sentence for the operator."""


def hand_over(parts: Parts, account: str, conversation: ConversationId) -> None:
    """A person is to take over from the bot. Raise Refused if the bot does not have it."""

    def key(found: Conversation) -> str:
        if not isinstance(found.holder, WithBot):
            over = isinstance(found.holder, Ended)
            raise Refused(
                "The conversation is over: nobody has it." if over else "A person has it already."
            )
        if found.episode.started_at is None:
            raise Refused("The customer has not written anything yet.")
        return ""

    _order(parts, account, conversation, HandoffOrdered, "hand_over", key)


def hand_back(parts: Parts, account: str, conversation: ConversationId) -> None:
    """The bot is to have it again. Raise Refused if no agent has it."""

    def key(found: Conversation) -> str:
        match found.holder:
            case WithAgent() | Solved():
                return ""
            case HandingOff():
                raise Refused("It is just being handed over: wait until the ticket is there.")
            case WithBot():
                raise Refused("The bot has it already.")
            case Ended():
                raise Refused("The conversation is over: what comes next goes to the bot anyway.")

    _order(parts, account, conversation, HandBackOrdered, "hand_back", key)


def resend(parts: Parts, account: str, conversation: ConversationId) -> None:
    """What did not reach the customer is to be sent again. Raise Refused if there is nothing."""

    def key(found: Conversation) -> str:
        if found.opted_out:
            raise Refused("The customer has opted out (STOP): nothing may be sent to them.")
        if not missing(found):
            raise Refused(
                "There is nothing to send again: all that may be has arrived or is under way."
            )
        return f":{sum(m.resends for m in found.messages)}"

    _order(parts, account, conversation, ResendOrdered, "resend", key)


def forget(parts: Parts, account: str, conversation: ConversationId) -> None:
    """The customer, on every channel, for good. Raise Refused if they are, or can't be just now."""
    found = parts.db.read(lambda c: conversations.load(c, conversation))
    nobody = Refused("There is no such customer: perhaps somebody has forgotten them already.")
    if found is None or found.address.startswith(forgetting.FORGOTTEN):
        raise nobody
    helpdesks = {name: channel.helpdesk for name, channel in parts.channels.items()}
    try:
        left = everywhere(parts.db, found.address, helpdesks, account, parts.now())
    except TicketUnderWay:
        raise Refused(
            "Their ticket is being opened at this moment: try again in a minute."
        ) from None
    if not left:  # between the two, somebody else has
        raise nobody


def _order(
    parts: Parts,
    account: str,
    conversation: ConversationId,
    kind: Callable[[datetime, EpisodeId, str], Order],
    name: str,
    key: Callable[[Conversation], str],
) -> None:
    """`key` tells an order of this episode from the next one of the same name, or refuses it."""
    now = parts.now()

    def keep(connection: Connection) -> None:
        found = conversations.load(connection, conversation)
        if found is None:
            raise Refused("There is no such conversation.")
        episode = found.episode.id
        event = kind(now, episode, account)
        arrival = Arrival("ops", f"{name}:{episode}{key(found)}", conversation, event)
        (new,) = inbox.add(connection, [arrival], now)
        if not new:
            raise Refused("Somebody has ordered that already.")
        ops.note(connection, now, account, name, conversation, "ordered")

    parts.db.write(keep)
    parts.wake(Lane(conversation, INBOX))


def article_added(parts: Parts, account: str, topic: str) -> None:
    """The bot has an article on this now. Raise Refused if somebody has said so before."""

    def keep(connection: Connection) -> None:
        now = parts.now()
        if not articles.concerns(connection, topic):
            raise Refused("Nobody was handed over for such a topic.")
        if not articles.add(connection, topic, now, account):
            raise Refused("Somebody has said that already.")
        ops.note(connection, now, account, "article_added", topic, "")

    parts.db.write(keep)


def article_taken_back(parts: Parts, account: str, topic: str) -> None:
    """There is none after all. Raise Refused if nobody has said that there is."""

    def keep(connection: Connection) -> None:
        if not articles.take_back(connection, topic):
            raise Refused("Nobody has said that there is an article on this, or it is taken back.")
        ops.note(connection, parts.now(), account, "article_taken_back", topic, "")

    parts.db.write(keep)


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
