"""From the ticket to the customer: public comments by agents, once, in order; nothing else, ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.domain.conversation import Author, Delivery, Desk, Message
from connector.domain.decide import files
from connector.domain.decide.decision import Decision, note, read, say, send_key
from connector.domain.desk import Mirrored
from connector.domain.effects import Cancel
from connector.domain.events import TicketRead
from connector.domain.policy import Policy
from connector.domain.tickets import Comment, TakenBack


def goes_out(comment: Comment) -> bool:
    """Whether the customer is to get it. Each flag is False when the helpdesk left it out."""
    return comment.public and comment.by_agent and not comment.ours and not comment.automatic


def take(
    decision: Decision, desk: Desk, event: TicketRead, policy: Policy
) -> tuple[Decision, Desk, bool]:
    """Send what is new, move the cursor, read again if the ticket changed meanwhile."""
    comments = event.changes.comments
    spoke = False
    # Before what is new is sent: that is as it is now.
    for each in event.changes.taken_back:
        decision, desk = _taken_back(decision, desk, each)
    for comment in desk.cursor.fresh(comments):
        if not goes_out(comment) or not (comment.text or comment.attachments):
            continue
        spoke = True
        decision = _send(decision, desk, comment, event.at, policy)
        desk = desk.sent(Mirrored(comment.id, comment.redactions))
    desk = replace(desk, cursor=desk.cursor.after(comments), reading=False)
    if desk.read_again:
        decision, desk = read(decision, desk)
    return decision, desk, spoke


def _send(
    decision: Decision, desk: Desk, comment: Comment, at: datetime, policy: Policy
) -> Decision:
    """The words, with links to what can't be shown; then the files, which may fail without them."""
    parcel = files.pack(comment.attachments, decision.conversation, at, policy)
    prefix, name = policy.agent_prefix(comment.author_name), comment.author_name
    lines = "\n".join(parcel.links)
    if not (comment.text or lines):
        lines = ", ".join(m.name for each in parcel.media for m in each)  # whose files these are
    words = "\n\n".join(part for part in (comment.text, lines) if part)
    if words:
        decision = say(
            decision, Author.AGENT, prefix + words, at, policy, author_name=name, comment=comment.id
        )
    for media in parcel.media:
        decision = say(
            decision, Author.AGENT, "", at, policy, media=media, author_name=name,
            comment=comment.id,
        )  # fmt: skip
    if not parcel.left:
        return decision
    key = f"{decision.conversation.id}:files:{desk.ticket}:{comment.id}"
    return note(decision, desk, key, files.left_html(parcel.left))


def _taken_back(decision: Decision, desk: Desk, now: TakenBack) -> tuple[Decision, Desk]:
    """An agent took back what had been sent: the ticket says what became of it (A44)."""
    before = next((m for m in desk.mirrored if m.comment == now.comment), None)
    if before is None:
        return decision, desk
    private = now.private and not before.private
    if not (private or now.redactions > before.redactions):
        return decision, desk
    mine = [m for m in decision.conversation.messages if m.comment == now.comment]
    waiting = [m for m in mine if m.delivery is Delivery.QUEUED]
    decision = _withdraw(decision, waiting)
    what = "made internal" if private else "redacted"
    html = f"<p><b>A comment was {what} after it was sent to the customer.</b> {_fate(mine)}</p>"
    key = (
        f"{decision.conversation.id}:taken_back:{desk.ticket}:{now.comment}"
        f":{now.redactions}:{int(now.private)}"
    )
    return note(decision, desk, key, html), desk.sent(
        Mirrored(now.comment, now.redactions, now.private)
    )


def _fate(messages: list[Message]) -> str:
    waiting = sum(m.delivery is Delivery.QUEUED for m in messages)
    if messages and waiting == len(messages):
        return (
            "It was still waiting to be sent and has been withdrawn. What the customer is to read "
            "has to be written again."
        )
    rest = " What was still waiting to be sent has been withdrawn." if waiting else ""
    return (
        "It had already left: the customer's phone keeps what was delivered, and links to files "
        f"work until they expire.{rest}"
    )


def _withdraw(decision: Decision, waiting: list[Message]) -> Decision:
    if not waiting:
        return decision
    conversation = decision.conversation
    for message in waiting:
        conversation = conversation.change(replace(message, delivery=Delivery.CANCELLED))
    return decision.now(conversation).then(Cancel(tuple(send_key(m) for m in waiting)))
