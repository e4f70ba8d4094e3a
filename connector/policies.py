"""A channel's settings -> the policy that decisions need."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from connector.domain.handoff.base import (
    FrustrationPolicy,
    HandoffPolicy,
    NoProgressPolicy,
)
from connector.domain.handoff.phrases import Phrases
from connector.domain.hours import OpeningHours
from connector.domain.mask import mask_card_numbers, mask_emails, mask_national_ids
from connector.domain.policy import Facts, Policy, Steering
from connector.domain.tickets import TicketFields
from connector.settings import Wording
from connector.settings.channels import Channel, Ticket
from connector.settings.handoff import Handoff
from connector.settings.helpdesks import ZendeskHelpdesk
from connector.settings.hours import DAYS, Hours
from connector.settings.masks import OwnPattern
from connector.settings.routes import MAY_STEER, as_id, as_priority, as_tag, is_template
from connector.settings.templates import render

USUAL = Steering()  # the defaults
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
Mask = Callable[[str], str]
MASKS: dict[str, Mask] = {
    "card_numbers": mask_card_numbers,
    "national_ids": mask_national_ids,
    "emails": mask_emails,
}


def policy(
    name: str,
    channel: Channel,
    phrases: Phrases,
    max_text: int,
    author: str,
    steering: Steering = USUAL,
) -> Policy:
    """`author` is the helpdesk's template for what stands before an agent's words."""
    return Policy(
        channel=name,
        handoff=handoff(channel.handoff, phrases),
        wording=Wording(channel.messages),
        ticket_fields=_fields(channel.ticket),
        agent_prefix=_prefix(author),
        mask=_mask(channel.mask),
        max_text=max_text,
        quiet_period=channel.quiet_period,
        settle=max(channel.grace_period, timedelta(seconds=1)),
        bot_replies=channel.limits.bot_replies_per_episode,
        hours=_hours(channel.hours),
        waiting_notice=channel.waiting_notice,
        grace=channel.grace_period,
        survey=channel.csat.open_for if channel.csat.ask else None,
        steering=steering,
    )


def steering(desk: ZendeskHelpdesk) -> Steering:
    return Steering(
        # Zendesk keeps tags in small letters.
        hand_back=desk.hand_back_tag.lower(),
        pause=desk.pause_tag.lower(),
        resend=desk.resend_tag.lower(),
    )


def _hours(given: Hours | None) -> OpeningHours | None:
    if given is None:
        return None
    week = tuple(
        tuple((span.opens, span.closes) for span in given.open.get(day, ())) for day in DAYS
    )
    return OpeningHours(given.timezone, week)


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
        steering = _steering(facts)
        tags = [_routed(tag, steering, as_tag) for tag in ticket.tags]
        language = steering["customer"]["language"].lower().replace("-", "_")
        tags.append(f"lang_{language}" if language else None)
        return TicketFields(
            group=_id(ticket.group, steering),
            brand=_id(ticket.brand, steering),
            form=_id(ticket.form, steering),
            priority=_routed(ticket.priority, steering, as_priority),
            tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
            custom=tuple((key, render(text, facts)) for key, text in ticket.fields.items()),
        )

    return rendered


def _steering(facts: Facts) -> Facts:
    """Of the facts only those that no customer can word (A20)."""
    allowed: dict[str, dict[str, str]] = {"customer": {"language": ""}}
    for name in MAY_STEER:
        root, _, leaf = name.partition(".")
        allowed.setdefault(root, {})[leaf] = facts.get(root, {}).get(leaf, "")
    if not _LANGUAGE.fullmatch(allowed["customer"]["language"]):
        allowed["customer"]["language"] = ""
    return allowed


def _routed(given: str | None, facts: Facts, read: Callable[[str], str | None]) -> str | None:
    if given is None or not is_template(given):
        return given
    return read(render(given, facts).strip())


def _id(given: int | str | None, facts: Facts) -> int | None:
    return as_id(render(given, facts).strip()) if isinstance(given, str) else given


def _prefix(template: str) -> Callable[[str], str]:
    def rendered(name: str) -> str:
        if not name:
            return ""
        return render(template, {"agent": {"name": name, "first_name": name.split()[0]}})

    return rendered


def _mask(given: Sequence[str | OwnPattern]) -> Mask:
    """In the order of the list: what one has blotted out, the next does not see."""
    masks = [MASKS[each] if isinstance(each, str) else _own(each) for each in given]

    def masked(text: str) -> str:
        for mask in masks:
            text = mask(text)
        return text

    return masked


def _own(given: OwnPattern) -> Mask:
    # RE2 needs time in proportion to the text, whatever the pattern: a customer can't stall us.
    import re2

    pattern, name = re2.compile(given.pattern), f"[{given.name}]"

    def masked(text: str) -> str:
        found: str = pattern.sub(lambda _: name, text)
        return found

    return masked
