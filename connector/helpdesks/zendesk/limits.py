"""How often Zendesk lets one account's user change tickets (its documentation of rate limits).

30 updates in 10 minutes for a user and ticket; 100 updates a minute for an account (more with an
add-on). A little is left for what else that user does.
"""

from __future__ import annotations

from datetime import timedelta

from connector.domain.limits import Limit
from connector.domain.tickets import CommentDraft

# In 10 minutes: 8 at once and 20 more.
TICKET_EVERY, TICKET_BURST = timedelta(seconds=30), 8
# In a minute: 30 at once and 60 more.
ACCOUNT_EVERY, ACCOUNT_BURST = timedelta(seconds=1), 30


def of_comment(draft: CommentDraft) -> tuple[Limit, ...]:
    return (
        Limit(f"ticket:{draft.ticket}", TICKET_EVERY, TICKET_BURST),
        Limit("updates", ACCOUNT_EVERY, ACCOUNT_BURST),
    )
