"""From the ticket to the customer: public comments by agents, once, in order; nothing else, ever."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.conversation import Author, Desk
from connector.domain.decide.decision import Decision, read, say
from connector.domain.events import TicketRead
from connector.domain.policy import Policy
from connector.domain.tickets import Comment


def goes_out(comment: Comment) -> bool:
    """Whether the customer is to get it. Each flag is False when the helpdesk left it out."""
    return comment.public and comment.by_agent and not comment.ours and not comment.automatic


def take(
    decision: Decision, desk: Desk, event: TicketRead, policy: Policy
) -> tuple[Decision, Desk, bool]:
    """Send what is new, move the cursor, read again if the ticket changed meanwhile."""
    comments = event.changes.comments
    spoke = False
    for comment in desk.cursor.fresh(comments):
        if not goes_out(comment) or not comment.text:
            continue
        spoke = True
        text = policy.agent_prefix(comment.author_name) + comment.text
        decision = say(
            decision, Author.AGENT, text, event.at, policy, author_name=comment.author_name
        )
    desk = replace(desk, cursor=desk.cursor.after(comments), reading=False)
    if desk.read_again:
        decision, desk = read(decision, desk)
    return decision, desk, spoke
