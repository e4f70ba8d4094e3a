"""Reads config/phrases/<language>.yaml."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from connector.domain.handoff.patterns import PhraseError
from connector.domain.handoff.phrases import KEYS, Phrases


def load(folder: Path, languages: Iterable[str]) -> Phrases:
    """The lists of these languages. Raise PhraseError, naming file:line:column."""
    return Phrases.from_lists({name: _read(folder / f"{name}.yaml") for name in languages})


def _read(path: Path) -> dict[str, tuple[str, ...]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PhraseError(f"{path}: can't be read ({error.strerror})") from None
    try:
        root: Any = YAML().load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise PhraseError(f"{where}: {error.problem}") from None
    if not isinstance(root, CommentedMap):
        raise PhraseError(f"{path}:1:1: expected lists by name")
    return {str(key): _phrases(path, root, key) for key in root}


def _phrases(path: Path, root: CommentedMap, key: Any) -> tuple[str, ...]:
    line, column = root.lc.key(key)
    if key not in KEYS:
        raise PhraseError(f"{path}:{line + 1}:{column + 1}: no list is called {key!r}")
    found = root[key]
    if not isinstance(found, CommentedSeq):
        raise PhraseError(f"{path}:{line + 1}:{column + 1}: {key} is not a list")
    for index, phrase in enumerate(found):
        line, column = found.lc.item(index)
        where = f"{path}:{line + 1}:{column + 1}"
        if not isinstance(phrase, str):
            raise PhraseError(f"{where}: not a text; put it in quotes")
        _check(key, phrase, where)
    return tuple(found)


def _check(key: str, phrase: str, where: str) -> None:
    try:
        Phrases.from_lists({"": {key: (phrase,)}})
    except PhraseError as error:
        raise PhraseError(f"{where}: {str(error).removeprefix(': ')}") from None
