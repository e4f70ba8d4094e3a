"""What one Claude bot needs to be told; the key never shows in a repr."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class Article:
    """One piece of the operator's knowledge: all that the bot may state as fact."""

    title: str
    path: str
    text: str


@dataclass(frozen=True)
class ClaudeConfig:
    name: str
    model: str
    api_key: str = field(repr=False)
    base_url: str | None = None  # a stand-in for https://api.anthropic.com
    instructions: str = field(default="", repr=False)
    knowledge: tuple[Article, ...] = field(default=(), repr=False)
    timeout: timedelta = timedelta(seconds=30)
    summary_timeout: timedelta = timedelta(seconds=20)
