"""When a conversation goes to a person."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from connector.settings.problems import refused
from connector.settings.section import OFF, ON_OR_OFF, OnOrOff, Section
from connector.settings.values import Language, Number, Switch, Whole, Word


class ExplicitRequest(Section):
    """The customer asks for a person."""

    languages: tuple[Language, ...] = Field(
        default=("en", "es", "fr", "de", "pt", "it"),
        min_length=1,
        description="The languages in which the words for it are looked for.",
    )


class Frustration(Section):
    """So many of the last few customer messages are angry."""

    window: Annotated[Whole, Field(ge=1, le=20)] = Field(
        default=3, description="How many of the last customer messages are looked at."
    )
    at_least: Annotated[Whole, Field(ge=1, le=20)] = Field(
        default=2, description="How many of them must be angry."
    )

    @model_validator(mode="after")
    def _can_fire(self) -> Self:
        if self.at_least > self.window:
            raise refused(f"must be at most 'window' ({self.window})", key="at_least")
        return self


class NoProgress(Section):
    """The conversation turns in circles."""

    bot_turns: Annotated[Whole, Field(ge=1, le=50)] = Field(
        default=5, description="How many unresolved bot turns are allowed."
    )


class BotFailure(Section):
    """The bot can't answer."""

    after_attempts: Annotated[Whole, Field(ge=1, le=10)] = Field(
        default=3, description="How many failed attempts at one answer are allowed."
    )


def _none(value: object) -> object:
    return () if value is False else value


class Handoff(Section):
    """Each trigger can be switched off with false."""

    explicit_request: Annotated[ExplicitRequest | None, OnOrOff] = Field(
        default=ExplicitRequest(),
        description="Hand over when the customer asks for a person.",
        json_schema_extra=ON_OR_OFF,
    )
    keywords: Annotated[tuple[Word, ...], BeforeValidator(_none)] = Field(
        default=(),
        description="Words of your own that hand over at once, as whole words.",
        json_schema_extra=OFF,
    )
    frustration: Annotated[Frustration | None, OnOrOff] = Field(
        default=Frustration(),
        description="Hand over when the customer is getting angry.",
        json_schema_extra=ON_OR_OFF,
    )
    no_progress: Annotated[NoProgress | None, OnOrOff] = Field(
        default=NoProgress(),
        description="Hand over when answers no longer help.",
        json_schema_extra=ON_OR_OFF,
    )
    model: Switch = Field(
        default=True, description="Whether the model may ask for a handoff; it must give a reason."
    )
    model_trust: Annotated[Number, Field(ge=0, le=1)] = Field(
        default=1.0,
        description="How much the model's wish for a handoff counts by itself: below 0.5 it needs "
        "signs of anger or of going in circles as well.",
    )
    bot_failure: Annotated[BotFailure | None, OnOrOff] = Field(
        default=BotFailure(),
        description="Hand over when the bot can't answer.",
        json_schema_extra=ON_OR_OFF,
    )
    legal: Switch = Field(default=True, description="Hand over when legal steps are threatened.")
