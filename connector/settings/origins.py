"""Where each value of the configuration came from, for an operator who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.settings.interpolate import Interpolated
from connector.settings.tree import Tree


@dataclass(frozen=True)
class Origin:
    """A line of the file, and the environment's variables that were filled in there."""

    file: str
    line: int
    variables: tuple[str, ...] = ()
    defaulted: bool = False  # a variable is not set: the text after :- was taken

    def __str__(self) -> str:
        names = ", ".join(f"${name}" for name in self.variables)
        default = " (its default)" if self.defaulted else ""
        place = f"line {self.line}"
        return f"{names}{default}, {place}" if names else place


def origins(tree: Tree, file: str) -> Mapping[str, Origin]:
    """By path, for all that has a value; items of a list bear [0], [1], ..."""
    found = {}
    for at in tree.walk():
        if at.section is None and at.items is None and at.path:
            found[at.path] = _origin(at, file)
    return found


def _origin(at: Tree, file: str) -> Origin:
    if isinstance(at.value, Interpolated):
        return Origin(file, at.line, at.value.names, at.value.from_default)
    return Origin(file, at.line)
