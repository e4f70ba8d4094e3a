"""Bots: who answers first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from connector.settings.section import Knowledge, Section, TextFile, articles_of
from connector.settings.values import Number, RootUrl, Secret, Word

Dollars = Annotated[Number, Field(ge=0)]


class ModelPrice(Section):
    """What the model costs, in US dollars per million tokens."""

    input: Dollars = Field(description="What it reads.")
    output: Dollars = Field(description="What it writes.")
    cache_write: Dollars | None = Field(
        default=None, description="What it keeps for the next call. Default: 1.25 times input."
    )
    cache_read: Dollars | None = Field(
        default=None, description="What it reads of what it has kept. Default: as input."
    )


class ClaudeBot(Section):
    """A bot on Anthropic's API."""

    kind: Literal["claude"] = Field(description="The kind of bot.")
    model: Word = Field(
        default="claude-haiku-5-5", description="The model that answers, as Anthropic names it."
    )
    price: ModelPrice | None = Field(
        default=None,
        description="What the model costs, if it is not in the list that comes with this version.",
    )
    api_key: Secret = Field(description="The key of Anthropic's API.")
    instructions: TextFile = Field(
        description="A text file: who the bot is and what it may promise. Relative to this file."
    )
    knowledge: Knowledge = Field(
        description="A Markdown file, or a folder of them: all that the bot may state as fact. "
        "Relative to this file."
    )
    base_url: RootUrl | None = Field(
        default=None, description="A stand-in for Anthropic. For tests and the sandbox only."
    )

    @property
    def articles(self) -> tuple[Path, ...]:
        """The files of `knowledge`, sorted."""
        return articles_of(self.knowledge)


BotSettings = ClaudeBot  # with a second kind: a union
