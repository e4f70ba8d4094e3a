"""Reads config/phrases/<language>.yaml, and an operator's own beside the configuration."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from connector.domain.handoff.base import LANGUAGES
from connector.domain.handoff.patterns import PhraseError
from connector.domain.handoff.phrases import KEYS, Phrases

if TYPE_CHECKING:
    from connector.settings import Settings

SHIPPED = Path(__file__).parent.parent / "config" / "phrases"
Lists = dict[str, tuple[str, ...]]

# What the shipped files are made of. Anything else (quotes, anchors, ...) is ruamel's to read.
_KEY = re.compile(r"([a-z_]+\+?):(?: \[(.*))?")
_ITEM = re.compile(r"  - ((?:\d+ )?[^\W\d_<][^#:'\"&!%@`{}]*|<[a-z]+>[^#:'\"&!%@`{}]*)")
_FLOW = re.compile(r"[^#:'\"&!%@`{}\[\]*<>]*")
_NOT_TEXT = frozenset({"", "null", "true", "false", "~"})


def of(settings: Settings) -> Phrases:
    """The lists beside the configuration, else those that are shipped. Raise PhraseError."""
    own = settings.folder / "phrases"
    return load(own if own.is_dir() else SHIPPED, languages(settings))


def languages(settings: Settings) -> tuple[str, ...]:
    """Those that are shipped, and those that a channel names besides."""
    named = {
        language
        for channel in settings.channels.values()
        if channel.handoff.explicit_request
        for language in channel.handoff.explicit_request.languages
    }
    more = {x for x in named if x.partition("-")[0] not in LANGUAGES}
    return (*LANGUAGES, *sorted(more))


def load(folder: Path = SHIPPED, languages: Iterable[str] = LANGUAGES) -> Phrases:
    """The lists of these languages. Raise PhraseError, naming file:line:column.

    A list in `folder` takes the place of the shipped one of its name; `target+` lengthens it.
    """
    lists = {name: _lists(folder / f"{name}.yaml") for name in languages}
    try:
        with _no_rubbish():
            return Phrases.from_lists(lists)
    except PhraseError:
        for path in (folder / f"{name}.yaml" for name in lists):
            if path.exists():
                slowly(path, path.read_text(encoding="utf-8"))  # which knows the place
        raise


@contextmanager
def _no_rubbish() -> Iterator[None]:
    """Many small parts are made and all stay: to look for rubbish among them doubles the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _lists(path: Path) -> Lists:
    shipped = SHIPPED / path.name
    if path.parent.resolve() == SHIPPED or not shipped.exists():
        return _merged({}, _read(path))
    base = _merged({}, _read(shipped))
    return _merged(base, _read(path)) if path.exists() else base


def _merged(base: Lists, own: Lists) -> Lists:
    found = dict(base)
    for key, phrases in own.items():
        name = key.removesuffix("+")
        found[name] = (*base.get(name, ()), *phrases) if key.endswith("+") else phrases
    return found


def _read(path: Path) -> Lists:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PhraseError(f"{path}: can't be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise PhraseError(f"{path}: not UTF-8 at byte {error.start + 1}") from None
    found = quickly(text)
    if found is None or not _names().issuperset(found):
        return slowly(path, text)
    return found


def _names() -> set[str]:
    return {*KEYS, *(f"{key}+" for key in KEYS)}


def quickly(text: str) -> Lists | None:
    """What ruamel.yaml would read, in a fiftieth of its time; None if that is not certain."""
    found: dict[str, list[str]] = {}
    lines = iter(text.splitlines())
    key = ""
    for line in lines:
        if not line or line.startswith("#"):
            continue
        item = _ITEM.fullmatch(line)
        if item and key:
            found[key].append(item[1].strip())
            continue
        head = _KEY.fullmatch(line)
        if head is None or head[1] in found:
            return None
        key, found[head[1]] = head[1], []
        if head[2] is not None:
            flow = _flow(head[2], lines)
            if flow is None:
                return None
            found[key], key = flow, ""
    if any(word.lower() in _NOT_TEXT for words in found.values() for word in words):
        return None
    return {k: tuple(v) for k, v in found.items()}


def _flow(rest: str, lines: Iterator[str]) -> list[str] | None:
    """The rest of a list in brackets, which may go on for some lines."""
    parts = [rest]
    while not parts[-1].endswith("]"):
        more = next(lines, None)
        if more is None:
            return None
        parts.append(more.strip())
    body = " ".join(parts)[:-1]
    words = [" ".join(word.split()) for word in body.split(",")]
    if words[-1] == "":
        words.pop()
    certain = _FLOW.fullmatch(body) and all(word[:1].isalpha() for word in words)
    return words if certain else None


def slowly(path: Path, text: str) -> Lists:
    """With the place of what is wrong. Raise PhraseError."""
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
    if key not in _names():
        raise PhraseError(f"{path}:{line + 1}:{column + 1}: no list is called {key!r}")
    found = root[key]
    if not isinstance(found, CommentedSeq):
        raise PhraseError(f"{path}:{line + 1}:{column + 1}: {key} is not a list")
    for index, phrase in enumerate(found):
        line, column = found.lc.item(index)
        where = f"{path}:{line + 1}:{column + 1}"
        if not isinstance(phrase, str):
            raise PhraseError(f"{where}: not a text; put it in quotes")
        _check(str(key).removesuffix("+"), phrase, where)
    return tuple(found)


def _check(key: str, phrase: str, where: str) -> None:
    try:
        Phrases.from_lists({"": {key: (phrase,)}})
    except PhraseError as error:
        raise PhraseError(f"{where}: {str(error).removeprefix(': ')}") from None
