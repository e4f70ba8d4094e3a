"""The operators' side: the dashboard, who may see it, and for how long things are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from connector.settings.problems import refused
from connector.settings.section import Section
from connector.settings.values import (
    Duration,
    Number,
    Secret,
    Url,
    Whole,
    Word,
    between,
    matches,
)
from connector.settings.zones import known_zone

AccountName = Annotated[
    str,
    matches(
        r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}",
        "an account's name is made of letters, digits and . _ @ + -",
        "such as ana or ana@example.com",
    ),
]


def _argon2id(value: SecretStr) -> SecretStr:
    parts = value.get_secret_value().split("$")
    if len(parts) != 6 or parts[1] != "argon2id":
        raise refused("is no argon2id hash", "`connector password` makes one")
    return value


class Account(Section):
    """Somebody who may sign in."""

    password_hash: Annotated[Secret, AfterValidator(_argon2id)] = Field(
        description="An argon2id hash of the password; `connector password` makes one."
    )
    role: Literal["viewer", "operator"] = Field(
        default="viewer", description="A viewer sees everything, an operator acts too."
    )


class Oidc(Section):
    """A provider that signs people in (OpenID Connect), and who of them may do what."""

    issuer: Url = Field(description="The provider, as it calls itself; it is found by discovery.")
    client_id: Word = Field(description="Ours, as the provider knows it.")
    client_secret: Secret = Field(description="What goes with client_id.")
    label: Annotated[str, Field(min_length=1, max_length=60)] = Field(
        default="single sign-on", description="What the button says: Sign in with ..."
    )
    scopes: tuple[Word, ...] = Field(
        default=("openid", "profile", "email"), description="What is asked for; openid is needed."
    )
    roles_claim: Word = Field(
        default="groups",
        description="Which claim of the ID token holds somebody's roles; a.b for one that is nested.",
    )
    name_claim: Word = Field(
        default="email", description="Which claim names them in the log; without it, their sub."
    )
    operators: tuple[Word, ...] = Field(
        default=(), description="Which of these roles may act. * is whoever can sign in there."
    )
    viewers: tuple[Word, ...] = Field(
        default=(), description="Which of these roles may look. * is whoever can sign in there."
    )

    @model_validator(mode="after")
    def _lets_somebody_in(self) -> Self:
        if not (self.operators or self.viewers):
            raise refused("lets nobody in", "name roles in 'operators' or 'viewers'")
        if "openid" not in self.scopes:
            raise refused("must have openid in it", key="scopes")
        return self


class Auth(Section):
    """Who may see the dashboard: accounts, a provider, or both."""

    accounts: Mapping[AccountName, Account] = Field(
        default={}, description="Who may sign in with a password, by name."
    )
    oidc: Oidc | None = Field(default=None, description="Who signs people in elsewhere.")

    @model_validator(mode="after")
    def _lets_somebody_in(self) -> Self:
        if not (self.accounts or self.oidc):
            raise refused("needs 'accounts' or 'oidc'")
        return self


class Alerts(Section):
    """Who is told of what needs a person, by way of Apprise."""

    to: tuple[Secret, ...] = Field(
        default=(),
        description="Apprise URLs (Slack, Teams, e-mail, PagerDuty and many more) that are told "
        "once a cause.",
    )
    handoffs_to: tuple[Secret, ...] = Field(
        default=(), description="Apprise URLs that get a notice of each handoff."
    )
    waiting: Annotated[Duration, between("1m", "24h")] = Field(
        default=timedelta(minutes=30),
        description="How long a customer has waited for a person when that is told. 1m to 24h.",
    )
    handoff_jump: Annotated[Number, Field(gt=1, le=100)] = Field(
        default=1.5,
        description="How many times the rate of the four weeks before the last day's handoff rate "
        "has to be when that is told.",
    )


class Traces(Section):
    """OpenTelemetry: the way of each message, as spans."""

    endpoint: Url = Field(
        description="The collector, OTLP over HTTP, such as http://127.0.0.1:4318. Needs "
        "`pip install 'connector[traces]'`."
    )


class Ops(Section):
    """The operators' side."""

    auth: Auth | None = Field(
        default=None,
        description="Who may see the dashboard at /ops/. Without it: whoever sits at this machine.",
    )
    timezone: Annotated[str, AfterValidator(known_zone)] = Field(
        default="UTC",
        description="The time zone of the dashboard and of reports, such as America/New_York.",
    )
    metrics_token: Secret | None = Field(
        default=None,
        description="The bearer token with which Prometheus asks for /metrics. Without it, only who "
        "sits at this machine may.",
    )
    alerts: Alerts = Field(default=Alerts(), description="Who is told of what needs a person.")
    traces: Traces | None = Field(
        default=None, description="Where spans are sent. Without it nothing is traced."
    )
    retention_days: Annotated[Whole, Field(ge=1, le=3650)] = Field(
        default=365,
        description="After how many days texts, names and files are taken out of what is over, and a "
        "conversation in which nothing happened since is forgotten. Counts stay.",
    )
