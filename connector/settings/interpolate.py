"""`${NAME}` and `${NAME:-default}`, from the environment or from the file that NAME_FILE names.

What comes from there is marked: it may be secret, so no error quotes it, and it may stand for a
number, since the environment holds only texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from connector.settings.tree import Reader, Tree

_REFERENCE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")
_OPENED = re.compile(r"\$\{")


class Interpolated(str):
    """A text with at least one `${...}` in it, filled in."""

    __slots__ = ("from_default", "names", "whole")
    names: tuple[str, ...]  # of the variables
    whole: bool  # nothing stands around the one reference
    from_default: bool  # the part after :- was taken

    @classmethod
    def made(
        cls, text: str, names: tuple[str, ...], *, whole: bool, from_default: bool
    ) -> Interpolated:
        made = cls(text)
        made.names, made.whole, made.from_default = names, whole, from_default
        return made


class NotSet(Exception):
    """The variable can't be had; the text says why and never a value."""


def interpolate(tree: Tree, reader: Reader, environ: Mapping[str, str]) -> None:
    """Fill in every reference of the tree, and tell the reader which can't be."""
    for below in tree.walk():
        if not isinstance(below.value, str) or isinstance(below.value, Interpolated):
            continue
        try:
            below.value = fill(below.value, environ)
        except NotSet as error:
            reader.problem(below, str(error))


def fill(text: str, environ: Mapping[str, str]) -> str:
    """The text with its references filled in; Interpolated if there were any. Raise NotSet."""
    if not _OPENED.search(text):
        return text
    if len(_OPENED.findall(text)) != len(_REFERENCE.findall(text)):
        raise NotSet("a reference is written ${NAME} or ${NAME:-default}")
    defaulted = False

    def one(match: re.Match[str]) -> str:
        nonlocal defaulted
        value = _lookup(match["name"], environ)
        if value is not None and (value or match["default"] is None):
            return _not_empty(match["name"], value)
        if match["default"] is None:
            name = match["name"]
            raise NotSet(f"the environment variable {name} is not set (nor {name}_FILE)")
        defaulted = True
        return match["default"]

    filled = _REFERENCE.sub(one, text)
    whole = _REFERENCE.fullmatch(text) is not None
    names = tuple(match["name"] for match in _REFERENCE.finditer(text))
    return Interpolated.made(filled, names, whole=whole, from_default=defaulted)


def _not_empty(name: str, value: str) -> str:
    if not value:
        raise NotSet(f"the environment variable {name} is empty")
    return value


def _lookup(name: str, environ: Mapping[str, str]) -> str | None:
    if name in environ:
        return environ[name]
    file = environ.get(f"{name}_FILE")
    if not file:
        return None
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise NotSet(f"the file that {name}_FILE names can't be read ({error.strerror})") from None
    except ValueError:
        raise NotSet(f"the file that {name}_FILE names is not UTF-8 text") from None
