"""What a decision came to, as log lines: what an operator greps and the sandbox page shows."""

from __future__ import annotations

from typing import Any

from connector import log
from connector.domain import events as e
from connector.domain.conversation import (
    Conversation,
    Delivery,
    HandingOff,
    Message,
    Solved,
    WithAgent,
    WithBot,
)
from connector.domain.decide import Decision
from connector.domain.decide.mirror import goes_out
from connector.domain.effects import AskBot, OpenTicket, Summarise

_log = log.get(__name__)

_NAMES: dict[type, str] = {
    e.CustomerMessaged: "message_received",
    e.CustomerConsented: "consent_changed",
    e.BotAnswered: "bot_answered",
    e.BotFailed: "bot_failed",
    e.Summarised: "summary_ready",
    e.SummaryFailed: "summary_failed",
    e.TicketOpened: "ticket_opened",
    e.TicketRefused: "ticket_refused",
    e.TicketGone: "ticket_gone",
    e.CommentAdded: "comment_added",
    e.CommentRefused: "comment_refused",
    e.TagsRemoved: "tags_removed",
    e.TagsRefused: "tags_refused",
    e.Redacted: "ticket_redacted",
    e.MessageSent: "message_sent",
    e.DeliveryFailed: "delivery_failed",
    e.DeliveryUnknown: "delivery_unknown",
    e.HolderShown: "holder_shown",
    e.HandoffOrdered: "handoff_ordered",
    e.HandBackOrdered: "hand_back_ordered",
    e.ResendOrdered: "resend_ordered",
}
_IDS = ("draft", "attempts", "ticket", "comment", "message", "code", "reason", "word",
        "refused")  # fmt: skip


def tell(before: Conversation, event: e.Event, decision: Decision) -> None:
    """Log the event and what it led to, with ids only."""
    after = decision.conversation
    bound = _log.bind(conversation=after.id, episode=after.episode.number, channel=after.channel)
    name = _NAMES.get(type(event))
    if name:
        known = {k: str(v) for k in _IDS if (v := getattr(event, k, None)) is not None}
        # A customer who was promised a person is without one: somebody should look.
        alarming = isinstance(event, e.TicketGone) and _released(before, after)
        (bound.error if alarming else bound.info)(name, **known)
    if isinstance(event, e.BotAnswered) and _discarded(before, after):
        bound.info("draft_discarded", draft=event.draft)
    if isinstance(event, e.Redacted) and event.left:
        bound.warning("not_redacted", ticket=event.ticket, left=list(event.left))
    if isinstance(event, e.TicketRead):
        _tell_comments(bound, before, event)
    _tell_orders(bound, before, decision)
    _tell_messages(bound, before, after)
    kinds = type(before.holder).__name__, type(after.holder).__name__
    if kinds[0] != kinds[1]:
        bound.info("holder_changed", before=kinds[0], holder=kinds[1])
    if after.episode.score != before.episode.score and after.episode.score is not None:
        bound.info("survey_answered", score=after.episode.score)
    if (moved := after.episode.ticket) != before.episode.ticket and before.episode.ticket and moved:
        bound.info("ticket_merged", ticket=before.episode.ticket, into=moved)
    for episode in decision.ended:
        bound.info("episode_ended", outcome=episode.outcome and episode.outcome.value)


def _tell_comments(bound: Any, before: Conversation, event: e.TicketRead) -> None:
    desk = before.desk_of(event.changes.ticket)
    if desk is None:
        return
    for comment in desk.cursor.fresh(event.changes.comments):
        if goes_out(comment):
            bound.info("comment_mirrored", ticket=desk.ticket, comment=comment.id)
        elif not comment.ours and not comment.public:
            bound.info("note_kept_private", ticket=desk.ticket, comment=comment.id)


def _tell_orders(bound: Any, before: Conversation, decision: Decision) -> None:
    after = decision.conversation
    if decision.considered:
        seen = [c.trigger.value for c in decision.considered if c.score > 0]
        bound.info("triggers_considered", count=len(decision.considered), above_zero=seen)
    if isinstance(after.holder, HandingOff) and not isinstance(before.holder, HandingOff):
        hit = after.holder.decided
        also = [c.trigger.value for c in decision.considered if c.fired and c is not hit]
        bound.info("handoff_decided", trigger=hit.trigger.value, score=round(hit.score, 2),
                   threshold=hit.threshold, source=hit.source, also=also)  # fmt: skip
    for effect in decision.effects:
        match effect:
            case AskBot():
                bound.info("bot_asked", draft=effect.draft)
            case Summarise():
                bound.info("summary_asked")
            case OpenTicket():
                bound.info("ticket_asked", key=effect.key)
            case _:
                continue


def _tell_messages(bound: Any, before: Conversation, after: Conversation) -> None:
    known: dict[str, Message] = {m.id: m for m in (*before.messages, *before.earlier)}
    for message in after.messages:
        old = known.get(message.id)
        if old is None and message.delivery is Delivery.QUEUED:
            bound.info("message_queued", message=message.id, author=message.author.value)
        elif old is not None and old.delivery is not message.delivery:
            bound.info("delivery_changed", message=message.id, author=message.author.value,
                       delivery=message.delivery.value)  # fmt: skip


def _released(before: Conversation, after: Conversation) -> bool:
    held = isinstance(before.holder, WithAgent | Solved)
    return held and not isinstance(after.holder, WithAgent | Solved)


def _discarded(before: Conversation, after: Conversation) -> bool:
    return (
        isinstance(before.holder, WithBot)
        and isinstance(after.holder, WithBot)
        and after.holder.discarded > before.holder.discarded
    )
