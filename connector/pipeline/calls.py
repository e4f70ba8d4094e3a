"""An order of the outbox -> the provider that carries it out, and the event that its end makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from connector import alerts
from connector.channels.base import (
    HasWindow,
    LooksUpSent,
    OffersChoices,
    Outbound,
    Paced,
    ShowsHolder,
)
from connector.channels.outgoing import PacedBySize
from connector.domain import events as e
from connector.domain.effects import (
    AddComment,
    AskBot,
    Call,
    OpenTicket,
    ReadTicket,
    Redact,
    RemoveTags,
    SendText,
    ShowHolder,
    Summarise,
)
from connector.domain.ids import ExternalId, TicketId
from connector.domain.limits import Limit
from connector.errors import Rejected
from connector.helpdesks.base import Helpdesk, Redacts
from connector.pipeline.parts import ChannelParts, Parts
from connector.storage import conversations
from connector.storage.outbox import Row


class CannotTell(Exception):
    """This provider can't be asked what it took."""


def upstream(channel: ChannelParts, call: Call) -> str:
    """The name of what the call goes to: what fails or is held back together."""
    match call:
        case AskBot() | Summarise():
            return f"bot:{channel.bot_name}"
        case OpenTicket() | AddComment() | RemoveTags() | Redact() | ReadTicket():
            return f"helpdesk:{channel.helpdesk}"
        case SendText() | ShowHolder():
            return to_customers(channel)
        case unknown:
            assert_never(unknown)


def ticket_of(call: Call) -> TicketId | None:
    """The ticket that it is about, or that it follows up."""
    match call:
        case AddComment():
            return call.draft.ticket
        case RemoveTags() | ReadTicket():
            return call.ticket
        case OpenTicket():
            return call.draft.follows
        case AskBot() | Summarise() | SendText() | ShowHolder() | Redact():
            return None
        case unknown:
            assert_never(unknown)


def without_the_one_before(call: OpenTicket) -> OpenTicket:
    """The customer's last ticket is in another helpdesk: nothing to follow up here."""
    return replace(call, draft=replace(call.draft, follows=None))


def to_customers(channel: ChannelParts) -> str:
    """The name of what messages to this channel's customers go to."""
    return f"channel:{channel.name}"


def limits(parts: Parts, channel: ChannelParts, call: Call) -> tuple[Limit, ...]:
    """What the provider allows of such calls."""
    to = upstream(channel, call)
    found: Sequence[Limit] = ()
    if isinstance(call, AddComment):
        found = parts.helpdesks[channel.helpdesk].comment_limits(call.draft)
    elif isinstance(call, SendText) and isinstance(channel.adapter, PacedBySize):
        said = Outbound(call.key, call.customer, call.text, call.media)
        found = channel.adapter.limits_of(said)
    elif isinstance(call, SendText | ShowHolder) and isinstance(channel.adapter, Paced):
        found = channel.adapter.send_limits()
    return tuple(replace(limit, name=f"{to}:{limit.name}") for limit in found)


def carry_out(parts: Parts, channel: ChannelParts, call: Call) -> e.Event:
    """Do it. Raise Transient, Rejected or Uncertain."""
    desk = parts.helpdesks[channel.helpdesk]
    match call:
        case AskBot():
            return e.BotAnswered(parts.now(), call.draft, channel.bot.answer(call.request))
        case Summarise():
            summary = channel.bot.summarise(call.request)
            return e.Summarised(parts.now(), call.episode, summary)
        case OpenTicket():
            opened = desk.open_ticket(call.draft)
            for what in opened.lacks:
                alerts.alert(parts.db, parts.now(), f"ticket_without_{what}", channel.helpdesk,
                             ticket=opened.id)  # fmt: skip
            return e.TicketOpened(parts.now(), call.draft.external_id, opened.id, opened.requester)
        case AddComment():
            return _added(parts, call, desk.add_comment(call.draft))
        case RemoveTags():
            desk.remove_tags(call.ticket, call.tags)
            return e.TagsRemoved(parts.now(), call.key, call.ticket)
        case Redact():
            return _redacted(parts, desk, call)
        case ReadTicket():
            return e.TicketRead(parts.now(), desk.changes(call.ticket, call.cursor))
        case SendText() | ShowHolder():
            return _in_channel(parts, channel, call)
        case unknown:
            assert_never(unknown)


def _in_channel(parts: Parts, channel: ChannelParts, call: SendText | ShowHolder) -> e.Event:
    if isinstance(call, SendText):
        sent = channel.adapter.send(_outbound(parts, channel, call))
        return e.MessageSent(parts.now(), call.message, sent)
    if isinstance(channel.adapter, ShowsHolder):
        channel.adapter.show(call.thread, call.who, call.ticket)
    return e.HolderShown(parts.now(), call.key)


def look_up(
    parts: Parts, channel: ChannelParts, row: Row, known: frozenset[ExternalId]
) -> e.Event | None:
    """The event of a call that did happen, None if it certainly did not. Raise CannotTell."""
    desk = parts.helpdesks[channel.helpdesk]
    match row.call:
        case AskBot() | Summarise() | ReadTicket() | RemoveTags() | Redact() | ShowHolder():
            return None  # doing these twice does no harm
        case OpenTicket() as call:
            opened = desk.find_ticket(call.draft)
            if opened is None:
                return None
            return e.TicketOpened(parts.now(), call.draft.external_id, opened.id, opened.requester)
        case AddComment() as call:
            comment = desk.find_comment(call.draft)
            return None if comment is None else _added(parts, call, comment)
        case SendText() as call:
            if not isinstance(channel.adapter, LooksUpSent) or row.tried_at is None:
                raise CannotTell
            asked = _outbound(parts, channel, call)
            sent = channel.adapter.find_sent(asked, row.tried_at, known)
            return None if sent is None else e.MessageSent(parts.now(), call.message, sent)
        case unknown:
            assert_never(unknown)


def _added(parts: Parts, call: AddComment, comment: ExternalId) -> e.CommentAdded:
    ticket = call.draft.ticket
    return e.CommentAdded(parts.now(), call.key, comment, call.message, ticket, call.missing)


def _redacted(parts: Parts, desk: Helpdesk, call: Redact) -> e.Redacted:
    if not isinstance(desk, Redacts):
        raise Rejected("no way to redact", meaning="this helpdesk can't take anything back")
    blotted = desk.redact(call.ticket, call.comments, call.fields, person=call.person)
    return e.Redacted(parts.now(), call.ticket, blotted.comments, blotted.left)


def refused(parts: Parts, call: Call, code: str, meaning: str, attempts: int) -> e.Event:
    """The event of a call that will never happen."""
    now = parts.now()
    match call:
        case AskBot():
            return e.BotFailed(now, call.draft, code or meaning, attempts)
        case Summarise():
            return e.SummaryFailed(now, call.episode, code or meaning)
        case OpenTicket():
            return e.TicketRefused(now, call.draft.external_id, code, meaning)
        case AddComment():
            ticket = call.draft.ticket
            return e.CommentRefused(now, call.key, ticket, code, meaning, call.message)
        case RemoveTags():
            return e.TagsRefused(now, call.key, call.ticket, code, meaning)
        case Redact():
            return e.Redacted(now, call.ticket, 0, (meaning,))
        case ReadTicket():
            return e.TicketGone(now, call.ticket, meaning)
        case SendText():
            return e.DeliveryFailed(now, call.message, code, meaning)
        case ShowHolder():
            return e.HolderShown(now, call.key, meaning)
        case unknown:
            assert_never(unknown)


def _outbound(parts: Parts, channel: ChannelParts, call: SendText) -> Outbound:
    adapter = channel.adapter
    shown = isinstance(adapter, OffersChoices) and adapter.choice_limits.fit(
        call.text, call.choices
    )
    return Outbound(
        call.key, call.customer, call.text, call.media,
        choices=call.choices if shown else (), by_agent=call.by_agent,
        window_closed=isinstance(adapter, HasWindow) and _is_closed(parts, channel, call, adapter),
        thread=call.thread,
    )  # fmt: skip


def _is_closed(parts: Parts, channel: ChannelParts, call: SendText, adapter: HasWindow) -> bool:
    if call.window_closed:
        return True
    heard = parts.db.read(lambda c: conversations.last_heard(c, channel.name, call.customer))
    return heard is None or parts.now() - heard > adapter.open_for
