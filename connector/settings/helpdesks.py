"""Helpdesks: where the people are."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from connector.settings.problems import refused
from connector.settings.section import Section
from connector.settings.templates import TemplateText
from connector.settings.values import (
    Duration,
    RootUrl,
    Secret,
    Switch,
    Tag,
    Word,
    between,
    matches,
)

Subdomain = Annotated[
    str,
    matches(
        r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
        "must be lower-case letters, digits and -",
        "only what stands before .zendesk.com",
    ),
]


class OAuth(Section):
    """A confidential OAuth client: with client credentials, or for whom a refresh token stands."""

    client_id: Word = Field(description="The OAuth client's identifier.")
    client_secret: Secret = Field(
        description="The OAuth client's secret. Tokens lie in the database, sealed with it."
    )
    refresh_token: Secret | None = Field(
        default=None,
        description="From the authorization code flow, to act as the one who gave it; without it: "
        "client credentials. It is used once, what follows is kept in the database.",
    )


class ApiToken(Section):
    """An API token, until Zendesk ends them on 2027-04-30."""

    email: Annotated[str, matches(r"[^@\s]+@[^@\s]+", "must be an e-mail address")] = Field(
        description="The agent whom the token belongs to."
    )
    token: Secret = Field(description="The API token.")


class Mirror(Section):
    """What of a ticket's public comments reaches the customer, and how."""

    author: TemplateText = Field(
        default="{{ agent.first_name }}: ",
        description="Stands before what an agent writes. A Jinja template.",
    )
    automations: Switch = Field(
        default=False,
        description="Whether public comments by triggers and automations are sent too.",
    )
    light_agents: Switch = Field(
        default=False, description="Whether comments by light agents are sent too."
    )
    ccs: Switch = Field(
        default=False, description="Whether comments by people in copy are sent too."
    )
    links_open_for: Annotated[Duration, between("1h", "90d")] = Field(
        default=timedelta(days=7),
        description="How long a link to an agent's file works. 1h to 90d.",
    )


class ZendeskHelpdesk(Section):
    """One Zendesk account."""

    kind: Literal["zendesk"] = Field(description="The kind of helpdesk.")
    subdomain: Subdomain = Field(description="acme, for https://acme.zendesk.com.")
    oauth: OAuth | None = Field(
        default=None, description="How to sign in. Either this or api_token."
    )
    api_token: ApiToken | None = Field(
        default=None, description="How to sign in without OAuth; Zendesk ends it on 2027-04-30."
    )
    webhook_secrets: tuple[Secret, ...] = Field(
        min_length=1,
        description="The signing secrets of the Zendesk webhook. All of them verify: list the new "
        "one and the old one while rotating.",
    )
    base_url: RootUrl | None = Field(
        default=None, description="A stand-in for Zendesk. For tests and the sandbox only."
    )
    poll_every: Annotated[Duration, between("10s", "1h")] = Field(
        default=timedelta(seconds=60),
        description="How often open tickets are read for what a webhook missed. 10s to 1h.",
    )
    mirror: Mirror = Field(default=Mirror(), description="What reaches the customer, and how.")
    hand_back_tag: Tag = Field(
        default="bot_resume", description="An agent's tag that gives the customer back to the bot."
    )
    pause_tag: Tag = Field(
        default="bot_pause",
        description="An agent's tag that keeps the bot out: for as long as it is on the ticket the "
        "customer stays with the agents, also when the ticket is solved.",
    )
    resend_tag: Tag = Field(
        default="connector_resend",
        description="An agent's tag that sends again what the customer did not get of an agent.",
    )

    @model_validator(mode="after")
    def _signs_in_one_way(self) -> Self:
        if self.oauth is None and self.api_token is None:
            raise refused("needs 'oauth' or 'api_token'")
        if self.oauth is not None and self.api_token is not None:
            raise refused("stands beside 'oauth'; keep one of them", key="api_token")
        return self


HelpdeskSettings = ZendeskHelpdesk  # with a second kind: a union
