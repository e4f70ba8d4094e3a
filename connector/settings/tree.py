"""YAML as a tree in which each key and item knows where it stands in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from connector.settings.problems import ConfigError, Problem

Step = str | int
Scalar = str | int | float | bool | None
_TAG = "tag:yaml.org,2002:"
_BASES = {"0x": 16, "0o": 8, "0b": 2}
_DEEPEST = 50


@dataclass
class Tree:
    """A section, a list or a value. `line` and `column` are those of its key (or of the item)."""

    line: int
    column: int
    path: str
    value: Scalar = None
    section: dict[str, Tree] | None = None
    items: list[Tree] | None = None
    broken: bool = field(default=False)  # a problem with this value has been told already

    def plain(self) -> Any:
        """Dictionaries, tuples and values."""
        if self.section is not None:
            return {key: below.plain() for key, below in self.section.items()}
        if self.items is not None:
            return tuple(below.plain() for below in self.items)
        return self.value

    def below(self, step: Step) -> Tree | None:
        if isinstance(step, str):
            return (self.section or {}).get(step)
        items = self.items or []
        return items[step] if step < len(items) else None

    def walk(self) -> Iterator[Tree]:
        yield self
        for below in [*(self.section or {}).values(), *(self.items or [])]:
            yield from below.walk()

    def over(self, defaults: Tree) -> Tree:
        """This section with what it lacks taken from `defaults`, which keep their own positions."""
        if self.section is None or defaults.section is None:
            return self
        merged = dict(defaults.section)
        for key, ours in self.section.items():
            theirs = merged.get(key)
            merged[key] = ours.over(theirs) if theirs else ours
        return Tree(self.line, self.column, self.path, section=merged)


class Reader:
    """Reads one file; collects what is wrong with it short of broken YAML."""

    def __init__(self, path: Path) -> None:
        self.file = str(path)
        self.path = path
        self.problems: list[Problem] = []

    def read(self) -> Tree:
        """The file's tree. Raise ConfigError if there is none to be had."""
        node = self._compose(self._text())
        if node is None or (isinstance(node, ScalarNode) and not node.value):
            raise self._error(1, 1, "the file is empty")
        if not isinstance(node, MappingNode):
            raise self._error(1, 1, "expected keys and values, such as 'public_url: ...'")
        return self._tree(node, node.start_mark, "", 0)

    def problem(self, at: Tree, reason: str, hint: str = "") -> None:
        self.problems.append(Problem(self.file, at.line, at.column, at.path, reason, hint))
        at.broken = True

    def _error(self, line: int, column: int, reason: str, hint: str = "") -> ConfigError:
        return ConfigError([Problem(self.file, line, column, "", reason, hint)])

    def _text(self) -> str:
        if self.path.is_dir():
            raise self._error(1, 1, "is a folder; name the YAML file in it")
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            hint = "copy config/channels.example.yaml and change what is yours"
            raise self._error(1, 1, "there is no such file", hint) from None
        except OSError as error:
            raise self._error(1, 1, f"can't be read ({error.strerror})") from None
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = raw[: error.start]
            line = before.count(b"\n") + 1
            column = len(before) - (before.rfind(b"\n") + 1) + 1
            raise self._error(line, column, "is not UTF-8; save the file as UTF-8") from None

    def _compose(self, text: str) -> Any:
        try:
            return YAML(typ="safe", pure=True).compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise self._error(line, column, *_broken(error)) from None
        except ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            column = error.position - (text.rfind("\n", 0, error.position) + 1) + 1
            reason = "a control character that YAML does not allow"
            raise self._error(line, column, reason) from None
        except YAMLError:
            raise self._error(1, 1, "is not YAML") from None

    def _tree(self, node: Any, mark: Any, path: str, depth: int) -> Tree:
        tree = Tree(mark.line + 1, mark.column + 1, path)
        if depth > _DEEPEST:  # an alias within its own anchor never ends
            self.problem(tree, "is nested too deeply")
        elif isinstance(node, MappingNode):
            self._fill_section(tree, node, depth)
        elif isinstance(node, SequenceNode):
            tree.items = [
                self._tree(item, item.start_mark, f"{path}[{index}]", depth + 1)
                for index, item in enumerate(node.value)
            ]
        else:
            tree.value = _scalar(node)
        return tree

    def _fill_section(self, tree: Tree, node: MappingNode, depth: int) -> None:
        tree.section = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else "?"
            path = f"{tree.path}.{name}" if tree.path else name
            below = self._tree(value, key.start_mark, path, depth + 1)
            if not isinstance(key, ScalarNode):
                self.problem(below, "a key must be a text", "quote a value that begins with { or [")
            elif key.tag == f"{_TAG}merge":
                self.problem(below, "merge keys are not read", "use 'defaults' for channels")
            elif name in tree.section:
                first = tree.section[name].line
                self.problem(below, f"is given twice (first in line {first})")
            else:
                tree.section[name] = below


def _broken(error: MarkedYAMLError) -> tuple[str, str]:
    """Reason and hint. The library's words are kept out where they quote the file."""
    said = str(error.problem or "")
    if "'\\t'" in said or "tab" in said.lower():
        return "a tab; YAML is indented with spaces", ""
    if "alias" in said:
        return "an alias that is not defined", "quote a text that begins with *"
    if "single document" in str(error.context or ""):
        return "a second document begins here", "remove the line with ---"
    said = re.sub(r"'[^' ,]{2,}'", "...", said)
    return f"broken YAML: {said or 'not understood here'}", ""


def _scalar(node: Any) -> Scalar:
    """The value that YAML sees; dates and custom tags stay texts."""
    text = str(node.value)
    tag = str(node.tag).removeprefix(_TAG)
    plain = text.replace("_", "")
    match tag:
        case "null":
            return None
        case "bool":
            return text.lower() in {"true", "yes", "on"}
        case "int":
            base = _BASES.get(plain.lstrip("+-")[:2].lower(), 10)
            return int(plain, base) if re.fullmatch(r"[+-]?\w+", plain) else text
        case "float":
            return float(re.sub(r"\.(?=inf|nan)", "", plain.lower()))
        case _:
            return text
