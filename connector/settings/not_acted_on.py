"""What this version accepts because the contract has it, and does nothing with yet.

Whoever makes a key work removes its line. `*` stands for any name; `defaults` counts as a channel.
"""

from __future__ import annotations

from collections.abc import Iterator

from connector.settings.problems import Problem
from connector.settings.tree import Tree

PATHS: tuple[str, ...] = ()


def not_acted_on(tree: Tree, file: str) -> tuple[Problem, ...]:
    """A warning for each such key that the file sets, sorted by position."""
    reason = "is accepted, but this version does not act on it yet"
    told = [at for path in PATHS for at in found(tree, path)]
    return tuple(sorted(Problem(file, at.line, at.column, at.path, reason) for at in told))


def found(tree: Tree, path: str) -> Iterator[Tree]:
    """Each key of the file that the path names."""
    yield from _below(tree, path.split("."))
    if path.startswith("channels.*."):
        yield from _below(tree, ["defaults", *path.split(".")[2:]])


def _below(tree: Tree, steps: list[str]) -> Iterator[Tree]:
    if not steps:
        yield tree
        return
    step, *rest = steps
    names = list(tree.section or {}) if step == "*" else [step]
    for name in names:
        below = tree.below(name)
        if below is not None:
            yield from _below(below, rest)
