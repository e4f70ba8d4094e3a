"""The customer was asked how it was: a number while the survey is open is the answer (A54)."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.conversation import Desk, Solved
from connector.domain.decide.decision import Decision, hear, say_fixed
from connector.domain.effects import AddComment
from connector.domain.events import CustomerMessaged
from connector.domain.policy import Policy
from connector.domain.survey import HIGHEST, LOWEST, is_valid, score_of
from connector.domain.tickets import CommentDraft
from connector.domain.transcript import comment_htmls


def answered(decision: Decision, event: CustomerMessaged, policy: Policy) -> Decision | None:
    """What follows if this is an answer; None if it is a message like any other."""
    conversation = decision.conversation
    survey = conversation.survey
    if survey is None or survey.episode != conversation.episode.id or event.at >= survey.until:
        return None
    score = None if event.media else score_of(event.text)
    if score is None or (not is_valid(score) and survey.asked_again):
        return None
    decision = hear(decision, event)
    if not is_valid(score):
        # Asked once more; a second number that is none of the five is a message like any other.
        asked = replace(decision.conversation, survey=replace(survey, asked_again=True))
        decision = _noted(decision.now(asked), f"no number from {LOWEST} to {HIGHEST}", policy)
        return say_fixed(decision, "csat", event.at, policy)
    conversation = decision.conversation
    episode = replace(conversation.episode, score=score)
    decision = decision.now(replace(conversation, episode=episode, survey=None))
    decision = _noted(decision, f"{score} of {HIGHEST}", policy)
    return say_fixed(decision, "csat_thanks", event.at, policy)


def close(decision: Decision) -> Decision:
    """The matter goes on: a number is now a message like any other."""
    return decision.now(replace(decision.conversation, survey=None))


def _noted(decision: Decision, what: str, policy: Policy) -> Decision:
    conversation = decision.conversation
    desk = _desk(decision)
    if desk is None:
        return decision
    message = conversation.messages[-1]
    html = (
        f"<p><b>The customer's rating: {what}.</b> They wrote:</p>"
        f"{''.join(comment_htmls(message, policy.mask))}"
    )
    draft = CommentDraft(f"{message.id}:comment", desk.ticket, html, public=False)
    # It carries the message: where the ticket takes no more, the message finds another place.
    return decision.then(AddComment(draft.key, draft, message.id))


def _desk(decision: Decision) -> Desk | None:
    holder = decision.conversation.holder
    if isinstance(holder, Solved):
        return holder.desk
    ticket = decision.conversation.episode.ticket
    return decision.conversation.desk_of(ticket) if ticket else None
