"""A channel's settings -> the policy that decisions need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from connector.domain.handoff.base import (
    FrustrationPolicy,
    HandoffPolicy,
    NoProgressPolicy,
)
from connector.domain.handoff.phrases import Phrases
from connector.domain.mask import mask_card_numbers
from connector.domain.policy import Facts, Policy
from connector.domain.tickets import TicketFields
from connector.settings import Wording
from connector.settings.channels import Channel, Ticket
from connector.settings.handoff import Handoff
from connector.settings.templates import render

MASKS: dict[str, Callable[[str], str]] = {"card_numbers": mask_card_numbers}


def policy(name: str, channel: Channel, phrases: Phrases, max_text: int, author: str) -> Policy:
    """`author` is the helpdesk's template for what stands before an agent's words."""
    return Policy(
        channel=name,
        handoff=handoff(channel.handoff, phrases),
        wording=Wording(channel.messages),
        ticket_fields=_fields(channel.ticket),
        agent_prefix=_prefix(author),
        mask=_mask(tuple(channel.mask)),
        max_text=max_text,
        quiet_period=channel.quiet_period,
        settle=max(channel.grace_period, timedelta(seconds=1)),
        bot_replies=channel.limits.bot_replies_per_episode,
    )


def handoff(given: Handoff, phrases: Phrases) -> HandoffPolicy:
    explicit, failure = given.explicit_request, given.bot_failure
    frustration, progress = given.frustration, given.no_progress
    return HandoffPolicy(
        explicit_request=_lists(explicit.languages, phrases) if explicit else (),
        keywords=tuple(given.keywords),
        frustration=FrustrationPolicy(frustration.window, frustration.at_least)
        if frustration
        else None,
        no_progress=NoProgressPolicy(progress.bot_turns) if progress else None,
        model=given.model,
        model_trust=given.model_trust,
        bot_failure_after=failure.after_attempts if failure else None,
        legal=given.legal,
        phrases=phrases,
    )


def _lists(languages: Iterable[str], phrases: Phrases) -> tuple[str, ...]:
    """The word lists of these languages: pt-BR is read with those of pt, unless it has its own."""
    known = {language.name for language in phrases.languages}
    return tuple(x if x in known else x.partition("-")[0] for x in languages)


def _fields(ticket: Ticket) -> Callable[[Facts], TicketFields]:
    def rendered(facts: Facts) -> TicketFields:
        return TicketFields(
            group=ticket.group,
            brand=ticket.brand,
            form=ticket.form,
            priority=ticket.priority,
            tags=tuple(ticket.tags),
            custom=tuple((key, render(text, facts)) for key, text in ticket.fields.items()),
        )

    return rendered


def _prefix(template: str) -> Callable[[str], str]:
    def rendered(name: str) -> str:
        if not name:
            return ""
        return render(template, {"agent": {"name": name, "first_name": name.split()[0]}})

    return rendered


def _mask(names: tuple[str, ...]) -> Callable[[str], str]:
    def masked(text: str) -> str:
        for name in names:
            text = MASKS[name](text)
        return text

    return masked
