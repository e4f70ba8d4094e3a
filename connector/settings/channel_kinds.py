"""The kinds of channel beside Twilio, and the list of all of them.

A kind's keys have the names of the fields of its adapter's `config`, which is filled from them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from connector.settings.channels import Channel, TwilioChannel
from connector.settings.problems import refused
from connector.settings.values import Duration, Secret, Switch, Url, between, matches

Kind = "The kind of channel."


def _secret_of(pattern: str, reason: str) -> AfterValidator:
    """A secret of this form; the reason must not show it."""

    def check(value: SecretStr) -> SecretStr:
        if not re.fullmatch(pattern, value.get_secret_value(), re.ASCII):
            raise refused(reason)
        return value

    return AfterValidator(check)


_bot_token = _secret_of(
    r"[0-9]{1,20}:[A-Za-z0-9_-]{8,100}", "must be a bot's token, such as 123456:AA..."
)
_shown_secret = _secret_of(r"[A-Za-z0-9_-]{1,256}", "must be 1 to 256 letters, digits, _ or -")


def _signing_secret(value: SecretStr) -> SecretStr:
    """Standard Webhooks: whsec_ and the base64 of 24 bytes or more."""
    try:
        key = base64.b64decode(value.get_secret_value().removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if len(key) < 24:
        hint = "make one with: echo whsec_$(openssl rand -base64 32)"
        raise refused("must be whsec_ and the base64 of at least 24 bytes", hint)
    return value


SigningSecret = Annotated[Secret, AfterValidator(_signing_secret)]

Digits = Annotated[str, matches(r"[0-9]{1,30}", "must be digits, in quotes")]


Template = Annotated[
    str, matches(r"[a-z0-9_]{1,512}", "must be a template's name, as Meta shows it")
]
TemplateLanguage = Annotated[
    str,
    matches(r"[a-z]{2,3}(_[A-Z]{2})?", "must be a language as Meta writes it: en, en_US, pt_BR"),
]


class MetaChannel(Channel):
    """What Meta's channels have in common."""

    access_token: Secret = Field(description="A system user's token, with which we call Meta.")
    app_secrets: tuple[Secret, ...] = Field(
        min_length=1,
        description="The app's secrets; all of them verify: list the new one and the old one "
        "while rotating.",
    )
    verify_token: Secret = Field(
        description="A secret of your own, typed in at Meta beside the callback URL."
    )


class WhatsAppCloudChannel(MetaChannel):
    """A WhatsApp number at Meta itself, without Twilio."""

    kind: Literal["whatsapp_cloud"] = Field(description=Kind)
    phone_number_id: Digits = Field(description="Meta's id of the number; not the number.")
    template: Template | None = Field(
        default=None,
        description="The name of an approved template whose body is one variable: it carries what "
        "is sent later than 24 hours after the customer's last message. None: that is refused.",
    )
    template_language: TemplateLanguage = Field(
        default="en", description="The template's language, as Meta writes it: en, en_US, pt_BR."
    )

    @property
    def own(self) -> Mapping[str, str]:
        return {"phone_number_id": self.phone_number_id}


class MessengerChannel(MetaChannel):
    """A Facebook page."""

    kind: Literal["messenger"] = Field(description=Kind)
    page_id: Digits = Field(description="The page's id.")
    human_agent: Switch = Field(
        default=False,
        description="Whether Meta granted the page the feature Human Agent: what agents write then "
        "goes out for 7 days after the customer's last message instead of 24 hours.",
    )

    @property
    def own(self) -> Mapping[str, str]:
        return {"page_id": self.page_id}


class TelegramChannel(Channel):
    """A Telegram bot."""

    kind: Literal["telegram"] = Field(description=Kind)
    bot_token: Annotated[Secret, _bot_token] = Field(
        description="What BotFather gave: 123456:AA..."
    )
    secret_token: Annotated[Secret, _shown_secret] = Field(
        description="A secret of your own, told to Telegram with setWebhook; it shows it with every "
        "request. 1 to 256 letters, digits, _ or -."
    )

    @property
    def own(self) -> Mapping[str, str]:
        return {"bot_token": self.bot_token.get_secret_value()}


def _as_digits(value: object) -> object:
    """Ids of Intercom are digits, and may be written without quotes."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if whole else value


IntercomId = Annotated[Digits, BeforeValidator(_as_digits)]


class IntercomChannel(Channel):
    """An Intercom workspace."""

    kind: Literal["intercom"] = Field(description=Kind)
    access_token: Secret = Field(description="The app's access token, with which we call Intercom.")
    client_secrets: tuple[Secret, ...] = Field(
        min_length=1,
        description="The app's client secrets; all of them verify: list the new one and the old one "
        "while rotating.",
    )
    admin_id: IntercomId = Field(
        description="The id of the teammate in whose name customers are answered."
    )
    region: Literal["us", "eu", "au"] = Field(
        default="us", description="Where the workspace is hosted."
    )
    api_version: (
        Annotated[str, matches(r"2\.[0-9]{1,2}", "must be a version such as 2.16")] | None
    ) = Field(
        default=None,
        description="The app's API version in the Developer Hub, in quotes: its webhooks come in "
        "it, and calls are pinned to it. None: 2.16, and each webhook is looked at.",
    )
    assign_to_team: IntercomId | None = Field(
        default=None, description="The team that gets the conversation while a person has it."
    )
    assign_to_admin: IntercomId | None = Field(
        default=None, description="The teammate who gets the conversation while a person has it."
    )
    snooze_for: Annotated[Duration, between("1m", "365d")] | None = Field(
        default=None,
        description="For how long the conversation is snoozed when a person takes over. None: it "
        "stays open. 1m to 365d.",
    )
    close_when_solved: Switch = Field(
        default=True, description="Whether the conversation is closed when the ticket is solved."
    )

    @property
    def own(self) -> Mapping[str, str]:
        return {"access_token": self.access_token.get_secret_value()}


class WebhookChannel(Channel):
    """A system of your own, over Standard Webhooks in both directions."""

    kind: Literal["webhook"] = Field(description=Kind)
    secrets: tuple[SigningSecret, ...] = Field(
        min_length=1,
        description="Signing secrets, whsec_... The first one signs what is sent; all of them "
        "verify: list the new one and the old one while rotating.",
    )
    deliver_to: Url = Field(description="Where messages for customers are posted.")


ChannelSettings = (
    TwilioChannel | IntercomChannel | WhatsAppCloudChannel | TelegramChannel | MessengerChannel
    | WebhookChannel
)  # fmt: skip

CHANNEL_KINDS: Mapping[str, type[Channel]] = {
    "twilio": TwilioChannel,
    "intercom": IntercomChannel,
    "whatsapp_cloud": WhatsAppCloudChannel,
    "telegram": TelegramChannel,
    "messenger": MessengerChannel,
    "webhook": WebhookChannel,
}
