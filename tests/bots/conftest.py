"""A bot against a loopback server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from connector.bots.claude import Claude
from connector.bots.config import Article, ClaudeConfig
from tests.bots.loopback import Loopback, listening

KEY = "sk-canary-5f1d9c"
ARTICLES = (
    Article("Opening hours", "hours.md", "We open at nine."),
    Article("Returns", "returns.md", "Within 30 days, with the receipt."),
)
MakeBot = Callable[..., Claude]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with listening() as found:
        yield found


@pytest.fixture
def make_bot(server: Loopback) -> Iterator[MakeBot]:
    """A bot whose configuration the test may change."""
    with ExitStack() as open_bots:

        def make(**changes: Any) -> Claude:
            facts: dict[str, Any] = {
                "name": "support",
                "model": "claude-haiku-5-5",
                "api_key": KEY,
                "base_url": server.url,
                "instructions": "You work for a lamp shop.",
                "knowledge": ARTICLES,
                "timeout": timedelta(seconds=5),
            }
            bot = Claude(ClaudeConfig(**{**facts, **changes}))
            open_bots.callback(bot.close)
            return bot

        yield make


@pytest.fixture
def bot(make_bot: MakeBot) -> Claude:
    return make_bot()
