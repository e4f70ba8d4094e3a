"""What works today and will not for long, because a provider ends it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from connector.settings.problems import Problem
from connector.settings.tree import Tree

API_TOKENS_END = date(2027, 4, 30)


def ending(tree: Tree, file: str) -> tuple[Problem, ...]:
    """A warning for each such key that the file sets, with its date."""
    reason = f"works until {API_TOKENS_END}: then Zendesk ends API tokens"
    return tuple(
        Problem(file, at.line, at.column, at.path, reason, "sign in with 'oauth'")
        for at in _found(tree, ["helpdesks", "*", "api_token"])
    )


def _found(tree: Tree, steps: list[str]) -> Iterator[Tree]:
    """Each key of the file that the steps lead to; `*` is any name."""
    if not steps:
        yield tree
        return
    step, *rest = steps
    names = list(tree.section or {}) if step == "*" else [step]
    for name in names:
        below = tree.below(name)
        if below is not None:
            yield from _found(below, rest)
