"""A helpdesk's `mirror` settings, and its agents' files, for who puts the parts together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.channels.base import Channel, SendsMedia, ShowsHolder
from connector.channels.outgoing import AnswersConsent, SendsTemplates
from connector.domain.ids import ExternalId
from connector.domain.policy import Policy
from connector.helpdesks.zendesk.config import ZendeskConfig
from connector.links import Links
from connector.settings import Settings
from connector.settings.helpdesks import Mirror


def ruled(config: ZendeskConfig, given: Mirror) -> ZendeskConfig:
    """Knowing whose public comments are sent, besides those of full agents."""
    return replace(
        config,
        automations=given.automations,
        light_agents=given.light_agents,
        ccs=given.ccs,
    )


def links(settings: Settings) -> Links:
    desks = settings.helpdesks
    return Links(
        {n: [s.get_secret_value() for s in d.webhook_secrets] for n, d in desks.items()},
        {n: d.mirror.links_open_for for n, d in desks.items()},
    )


def with_files(
    policy: Policy, adapter: Channel, links: Links, settings: Settings, helpdesk: str
) -> Policy:
    """Knowing what the channel can show, and where a file can be had."""
    root = settings.public_url.rstrip("/")

    def link(attachment: ExternalId, at: datetime) -> str:
        return f"{root}/media/{links.token(helpdesk, attachment, at)}"

    if isinstance(adapter, SendsMedia):
        policy = replace(policy, media=adapter.media_limits)
    if isinstance(adapter, AnswersConsent):
        policy = replace(policy, answers_consent=adapter.answers_consent)
    if isinstance(adapter, SendsTemplates):
        policy = replace(policy, window=adapter.template_window)
    return replace(policy, link=link, shows_holder=isinstance(adapter, ShowsHolder))
