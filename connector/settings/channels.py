"""Channels: what customers write to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from connector.settings.handoff import Handoff
from connector.settings.hours import Hours
from connector.settings.masks import Mask
from connector.settings.messages import Messages
from connector.settings.problems import refused
from connector.settings.routes import (
    EITHER,
    IS_PLAIN,
    IS_TEMPLATE,
    PRIORITIES,
    as_id,
    as_priority,
    as_tag,
    route,
    schema,
)
from connector.settings.section import Section
from connector.settings.templates import TemplateText
from connector.settings.values import (
    Duration,
    Number,
    PhoneNumber,
    RootUrl,
    Secret,
    Switch,
    Tag,
    Whole,
    Word,
    between,
    matches,
)

Id = Annotated[Whole, Field(gt=0)]
RoutedId = Annotated[
    Annotated[Id, IS_PLAIN] | Annotated[str, route(as_id, "id"), IS_TEMPLATE],
    EITHER,
    schema({"type": "integer", "exclusiveMinimum": 0}),
]
RoutedPriority = Annotated[
    Annotated[Literal["low", "normal", "high", "urgent"], IS_PLAIN]
    | Annotated[str, route(as_priority, "priority"), IS_TEMPLATE],
    EITHER,
    schema({"type": "string", "enum": list(PRIORITIES)}),
]
RoutedTag = Annotated[
    Annotated[Tag, IS_PLAIN] | Annotated[str, route(as_tag, "tag"), IS_TEMPLATE],
    EITHER,
    schema({"type": "string", "pattern": r"^[^\s,]+$"}),
]
ContentName = Annotated[str, matches(r"\w{1,30}", "must be a variable's number or name")]
MESSAGE_TEXT = re.compile(r"\{\{\s*message\.text\s*\}\}")
FieldId = Annotated[str, matches(r"[1-9]\d*", "must be the number of a ticket field")]


class Ticket(Section):
    """How this channel's tickets are made."""

    group: RoutedId | None = Field(
        default=None, description="The id of the group that gets the ticket, or a template."
    )
    brand: RoutedId | None = Field(
        default=None, description="The id of the ticket's brand, or a template."
    )
    form: RoutedId | None = Field(
        default=None, description="The id of the ticket's form, or a template."
    )
    priority: RoutedPriority | None = Field(
        default=None, description="The ticket's priority, or a template."
    )
    tags: tuple[RoutedTag, ...] = Field(
        default=(),
        description="Tags that the ticket gets, beside lang_<language>; each may be a template.",
    )
    fields: Mapping[FieldId, TemplateText] = Field(
        default={}, description="Ticket fields by their id; the values are Jinja templates."
    )


class Limits(Section):
    """What a customer, or a mistake, may cost."""

    messages_per_hour: Annotated[Whole, Field(ge=1)] = Field(
        default=60,
        description="Messages an hour of one customer that the bot looks at; then a person is asked.",
    )
    prefix_messages_per_hour: Annotated[Whole, Field(ge=1)] = Field(
        default=600,
        description="The same of all numbers that differ in their last four digits alone: blocks of "
        "numbers are what toll fraud comes from.",
    )
    country_messages_per_hour: Annotated[Whole, Field(ge=1)] = Field(
        default=6000, description="The same of all numbers with one country calling code."
    )
    bot_replies_per_episode: Annotated[Whole, Field(ge=1)] = Field(
        default=40, description="Bot answers in one episode, before a person is asked."
    )
    tickets_per_day: Annotated[Whole, Field(ge=1)] = Field(
        default=20,
        description="Tickets a day of one customer; the next one is made when a part of the day has gone "
        "by, with all that they wrote meanwhile.",
    )
    tokens_per_day: Annotated[Whole, Field(ge=1)] | None = Field(
        default=None,
        description="Tokens of all kinds that the model may take a day, beside what they cost; then people "
        "are asked. Without it: any number.",
    )
    usd_per_day: Annotated[Number, Field(gt=0)] = Field(
        default=20.0,
        description="What the model may cost a day, in US dollars; then people are asked. The day is "
        "that of ops.timezone.",
    )


class Csat(Section):
    """Asking the customer how it was."""

    ask: Switch = Field(default=False, description="Whether to ask after a ticket is solved.")
    open_for: Annotated[Duration, between("1m", "7d")] = Field(
        default=timedelta(hours=24), description="How long an answer counts. 1m to 7d."
    )


class Channel(Section):
    """What every kind of channel has."""

    kind: str = Field(description="The kind of channel.")
    bot: Word = Field(description="The name of the bot that answers here.")
    helpdesk: Word = Field(description="The name of the helpdesk that gets the tickets.")
    base_url: RootUrl | None = Field(
        default=None, description="A stand-in for the provider. For tests and the sandbox only."
    )
    quiet_period: Annotated[Duration, between("0s", "60s")] = Field(
        default=timedelta(seconds=1.5),
        description="How long the customer must have been quiet before the bot answers, so that "
        "several short messages get one answer. 0s to 60s.",
    )
    ticket: Ticket = Field(default=Ticket(), description="How this channel's tickets are made.")
    handoff: Handoff = Field(default=Handoff(), description="When a person takes over.")
    hours: Hours | None = Field(default=None, description="When people are there. None: always.")
    messages: Messages = Field(default=Messages(), description="The fixed texts.")
    limits: Limits = Field(default=Limits(), description="What a customer may cost.")
    grace_period: Annotated[Duration, between("0s", "24h")] = Field(
        default=timedelta(minutes=10),
        description="How long after solving a real reply reopens the same ticket. 0s to 24h.",
    )
    waiting_notice: Annotated[Duration, between("1m", "24h")] = Field(
        default=timedelta(minutes=15),
        description="How long nobody has answered when the customer gets one update. 1m to 24h.",
    )
    on_unknown: Literal["at_most_once", "at_least_once"] = Field(
        default="at_most_once",
        description="Whether a message is sent again when it can't be proven that it was sent.",
    )
    csat: Csat = Field(default=Csat(), description="Asking the customer how it was.")
    mask: tuple[Mask, ...] = Field(
        default=("card_numbers",),
        description="What is blotted out before a text goes to the model or the ticket: card_numbers, "
        "national_ids, emails, and patterns of your own.",
    )

    @property
    def own(self) -> Mapping[str, str] | None:
        """The keys and values that no other channel of this kind may have; the last one is named."""
        return None


class TwilioChannel(Channel):
    """A phone number, WhatsApp sender or messaging service at Twilio."""

    kind: Literal["twilio"] = Field(description="The kind of channel.")
    account_sid: Annotated[
        str, matches("AC[0-9a-fA-F]{32}", "must be AC followed by 32 hexadecimal digits")
    ] = Field(description="The Twilio account, AC...")
    auth_tokens: tuple[Secret, ...] = Field(
        min_length=1,
        description="The account's auth tokens. The first one calls; all of them verify: list the "
        "new one and the old one while rotating.",
    )
    number: PhoneNumber | None = Field(
        default=None,
        description='The number that customers write to, as "+15550100", "whatsapp:+15550100" or, a '
        'short code, "72345".',
    )
    messaging_service: (
        Annotated[str, matches("MG[0-9a-fA-F]{32}", "must be MG and 32 hexadecimal digits")] | None
    ) = Field(default=None, description="A messaging service, MG..., instead of a number.")
    smart_encoding: Switch = Field(
        default=True,
        description="Whether curly quotes, long dashes and the like become plain ones where that "
        "makes an SMS cheaper.",
    )
    segments_per_second: Annotated[Whole, Field(ge=1, le=1000)] | None = Field(
        default=None,
        description="How fast this sender may send, where it is not as Twilio has it by default: "
        "1 for a number, 3 toll-free, 100 for a short code, 80 on WhatsApp. None for a messaging "
        "service: it is not held back.",
    )
    content_sid: (
        Annotated[str, matches("HX[0-9a-fA-F]{32}", "must be HX and 32 hexadecimal digits")] | None
    ) = Field(
        default=None,
        description="An approved WhatsApp template, HX..., that carries messages when the customer "
        "has not written for 24 hours. None: such messages are refused, and the ticket says so.",
    )
    content_variables: Mapping[ContentName, Word] = Field(
        default={"1": "{{ message.text }}"},
        description="What fills the template's variables; one of them holds {{ message.text }}.",
    )

    @model_validator(mode="after")
    def _has_one_sender(self) -> Self:
        if self.number is None and self.messaging_service is None:
            raise refused("needs 'number' or 'messaging_service'")
        if self.number is not None and self.messaging_service is not None:
            raise refused("stands beside 'number'; keep one of them", key="messaging_service")
        return self

    @model_validator(mode="after")
    def _template_carries_the_message(self) -> Self:
        if not any(MESSAGE_TEXT.search(each) for each in self.content_variables.values()):
            raise refused("one of them must hold {{ message.text }}", key="content_variables")
        return self

    @property
    def own(self) -> Mapping[str, str]:
        key = "number" if self.number else "messaging_service"
        return {"account_sid": self.account_sid, key: self.number or self.messaging_service or ""}
