"""What works today and will not for long, because a provider ends it."""

from __future__ import annotations

from datetime import date

from connector.settings.not_acted_on import found
from connector.settings.problems import Problem
from connector.settings.tree import Tree

API_TOKENS_END = date(2027, 4, 30)


def ending(tree: Tree, file: str) -> tuple[Problem, ...]:
    """A warning for each such key that the file sets, with its date."""
    reason = f"works until {API_TOKENS_END}: then Zendesk ends API tokens"
    return tuple(
        Problem(file, at.line, at.column, at.path, reason, "sign in with 'oauth'")
        for at in found(tree, "helpdesks.*.api_token")
    )
