"""From the file to Settings, with everything that is wrong told at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from connector.settings.channels import Channel
from connector.settings.ending import ending
from connector.settings.handoff import Handoff
from connector.settings.interpolate import Interpolated, interpolate
from connector.settings.kinds import KINDS
from connector.settings.model import Settings
from connector.settings.origins import origins
from connector.settings.problems import ConfigError, did_you_mean
from connector.settings.secrets import refuse_literals
from connector.settings.section import Section
from connector.settings.translate import build
from connector.settings.tree import Reader, Tree

_REFERENCES = {"bot": "bots", "helpdesk": "helpdesks"}


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """The checked configuration. Raise ConfigError with every problem, sorted by position."""
    reader = Reader(path)
    tree = reader.read()
    interpolate(tree, reader, environ)
    ends = ending(tree, reader.file)
    found = origins(tree, reader.file)
    _inherit(tree, reader)
    sections: dict[str, dict[str, Section | None]] = {}
    for group in KINDS:
        if (below := tree.below(group)) and below.section:
            sections[group] = _build_group(group, below, reader)
    _check_ops(tree, reader)
    _check_references(tree, reader)
    _refuse_twins(sections.get("channels", {}), tree, reader)
    settings = build(Settings, tree, reader, sections)
    if reader.problems or settings is None:
        raise ConfigError(reader.problems)
    settings._ending = ends
    settings._folder = path.resolve().parent
    settings._origins = found
    return settings


def load_handoff(path: Path, environ: Mapping[str, str] = os.environ) -> Handoff | None:
    """A file that has `handoff:` alone; None if it has more. Raise ConfigError."""
    reader = Reader(path)
    tree = reader.read()
    below = tree.below("handoff")
    if below is None or len(tree.section or {}) > 1:
        return None
    interpolate(tree, reader, environ)
    built = build(Handoff, below, reader)
    if reader.problems or built is None:
        raise ConfigError(reader.problems)
    return built


def _inherit(tree: Tree, reader: Reader) -> None:
    """Put `defaults` under each channel, and take it out of the tree."""
    defaults = (tree.section or {}).pop("defaults", None)
    if defaults is None:
        return
    if defaults.section is None:
        reader.problem(defaults, "must be a section with keys and values")
        return
    channels = tree.below("channels")
    if channels and channels.section:
        channels.section = {name: one.over(defaults) for name, one in channels.section.items()}


def _build_group(group: str, tree: Tree, reader: Reader) -> dict[str, Section | None]:
    built: dict[str, Section | None] = {}
    for name, section in (tree.section or {}).items():
        model = _model(group, section, reader)
        refuse_literals(section, reader)
        built[name] = build(model, section, reader) if model else None
        if built[name] is None:
            section.broken = True  # all that is wrong with it has been told
    return built


def _model(group: str, section: Tree, reader: Reader) -> type[Section] | None:
    """What this section's kind makes of it; None, and why, if there is no such kind."""
    if section.section is None:
        reader.problem(section, "must be a section with keys and values")
        return None
    kind = section.below("kind")
    kinds = KINDS[group]
    if kind is None:
        at = Tree(section.line, section.column, f"{section.path}.kind")
        reader.problem(at, "is missing", f"available: {', '.join(kinds)}")
        return None
    model = kinds.get(str(kind.value))
    if model is None and not kind.broken:
        _refuse_value(kind, kinds, "kind", reader)
    return model


def _refuse_value(at: Tree, available: Iterable[str], what: str, reader: Reader) -> None:
    if isinstance(at.value, Interpolated) or not isinstance(at.value, str):
        reader.problem(at, f"there is no such {what}", f"available: {', '.join(available)}")
    else:
        reader.problem(at, f"no {what} called '{at.value}'", did_you_mean(at.value, available))


def _check_ops(tree: Tree, reader: Reader) -> None:
    ops = tree.below("ops")
    if ops is not None:
        refuse_literals(ops, reader)


def _check_references(tree: Tree, reader: Reader) -> None:
    """Each channel names a bot and a helpdesk that there is."""
    channels = tree.below("channels")
    for channel in (channels.section or {}).values() if channels else ():
        for key, group in _REFERENCES.items():
            at, there = channel.below(key), tree.below(group)
            known = there.section or {} if there else {}
            if at is None or at.broken or not isinstance(at.value, str) or at.value in known:
                continue
            _refuse_value(at, known, key, reader)


def _refuse_twins(channels: Mapping[str, Section | None], tree: Tree, reader: Reader) -> None:
    """A message to one number must belong to one channel."""
    owners: dict[tuple[object, ...], str] = {}
    for name, channel in channels.items():
        if not isinstance(channel, Channel) or (own := channel.own) is None:
            continue
        owner = owners.setdefault((channel.kind, channel.base_url, *own.values()), name)
        at = tree.below("channels")
        for step in (name, list(own)[-1]):
            at = at.below(step) if at else None
        if owner != name and at is not None:
            reader.problem(at, f"belongs to channel '{owner}' already")
