"""Facts as plain sentences: what the connector did, for a person who has not read its code."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Formatter

from connector.sandbox.page.sources import Fact
from connector.sandbox.page.tellings import HOLDERS, TELLINGS, UNKNOWN, WORDS


@dataclass(frozen=True)
class Part:
    """A piece of a sentence: plain, marked because it is what matters, or a moment."""

    text: str
    mark: bool = False
    at: datetime | None = None


@dataclass(frozen=True)
class Sentence:
    """What is read; the icon and tone say at a glance whose doing it was; `rest` was not told."""

    icon: str
    tone: str
    parts: tuple[Part, ...]
    rest: Mapping[str, object]


_NOT_SAID = frozenset({"event", "level", "logger", "timestamp", "kind"})


def sentence(fact: Fact) -> Sentence:
    """Tell a fact; one with an unknown name is told in the words of its name."""
    fields = {k: v for k, v in fact.fields.items() if v not in (None, "") and k not in _NOT_SAID}
    telling = TELLINGS.get(f"{fact.name}:{fact.fields.get('kind')}") or TELLINGS.get(
        fact.name, UNKNOWN
    )
    for wording in telling.wordings:
        if _names(wording) <= fields.keys():
            rest = {key: value for key, value in fields.items() if key not in _names(wording)}
            return Sentence(telling.icon, telling.tone, tuple(_parts(wording, fields)), rest)
    name = fact.name.replace("_", " ").strip().capitalize()
    return Sentence(telling.icon, telling.tone, (Part(name),), fields)


def words(value: object) -> str:
    """A value as one would say it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {words(item)}" for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(words(item) for item in value) or "none"
    return str(value)


def _names(wording: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(wording) if name and name[0] != "="}


def _parts(wording: str, fields: Mapping[str, object]) -> Iterator[Part]:
    for text, name, _, _ in Formatter().parse(wording):
        if text:
            yield Part(text)
        if name and name[0] == "=":  # a fixed word that is marked
            yield Part(name[1:], mark=True)
        elif name:
            yield _marked(name, fields[name])


def _marked(name: str, value: object) -> Part:
    if name.endswith("_at") and (moment := _moment(value)):
        return Part("", at=moment)
    items = value if isinstance(value, list | tuple) else [value]
    if name in {"ticket", "tickets", "into"}:
        return Part(", ".join(f"#{item}" for item in items), mark=True)
    if name not in WORDS:
        return Part(words(value), mark=True)
    told = [WORDS[name].get(_plain(name, item)) or _spaced(str(item)) for item in items]
    return Part(", ".join(told), mark=True) if told else Part("No reason was found")


def holder(value: object) -> str:
    """The holder's name, whichever way the fact wrote it."""
    return HOLDERS.get(str(value), str(value))


def _plain(name: str, value: object) -> str:
    return holder(value) if name == "holder" else str(value)


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower()


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None
