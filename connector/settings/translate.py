"""What pydantic found, in the operator's words and at the key's own position."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from connector.settings.problems import did_you_mean
from connector.settings.section import Section
from connector.settings.tree import Reader, Tree

S = TypeVar("S", bound=Section)
Told = tuple[str, str]  # reason and hint


def build(
    model: type[S], tree: Tree, reader: Reader, replaced: Mapping[str, object] | None = None
) -> S | None:
    """The checked section, or None and its problems told to the reader."""
    content = tree.plain() | dict(replaced or {})
    try:
        return model.model_validate(content, context={"folder": reader.path.parent})
    except ValidationError as error:
        for found in error.errors(include_url=False):
            _tell(model, tree, found, reader)
        return None


def _tell(model: type[Section], tree: Tree, error: ErrorDetails, reader: Reader) -> None:
    """One error; nothing where something is known to be wrong already."""
    at, path = _place(tree, error)
    if (at.broken and error["loc"][-1:] != ("[key]",)) or _follows(error):
        return
    reason, hint = _words(model, error)
    shown = Tree(at.line, at.column, path)
    reader.problem(shown, reason, hint)


def _place(tree: Tree, error: ErrorDetails) -> tuple[Tree, str]:
    """Where the file says it, and the key's path; a missing key is placed at its section."""
    context: Mapping[str, Any] = error.get("ctx") or {}
    # "(own)" and the like say which of several kinds a value is, and stand in no file.
    named = [s for s in error["loc"] if not str(s).startswith("(")]
    steps = [*named, *filter(None, [context.get("key")])]
    at, path = tree, tree.path
    for step in steps:
        below = at.below(step)
        if below is None:
            known = step == "[key]" or error["type"] != "missing"
            return at, path if known else f"{path}.{step}".removeprefix(".")
        at, path = below, below.path
    return at, path


def _follows(error: ErrorDetails) -> bool:
    """Too few, only because pydantic does not count those that are wrong themselves."""
    context: Mapping[str, Any] = error.get("ctx") or {}
    return error["type"] == "too_short" and len(error["input"]) >= context["min_length"]


def _words(model: type[Section], error: ErrorDetails) -> Told:
    context: Mapping[str, Any] = error.get("ctx") or {}
    kind = error["type"]
    if error["input"] is None and kind != "missing":
        return "has no value", "give it one, or remove the key"
    if kind == "refused":
        return str(context["reason"]), str(context["hint"])
    if kind == "extra_forbidden":
        return "unknown key", did_you_mean(str(error["loc"][-1]), _keys(model, error["loc"][:-1]))
    if kind == "too_short" and isinstance(error["input"], str):
        return _FIXED["string_too_short"], ""
    if kind in _FIXED:
        return _FIXED[kind], ""
    if kind in _WITH_BOUND:
        return _WITH_BOUND[kind](context)
    if kind == "literal_error":
        return _one_of(error)
    return "is not valid here", ""


_FIXED = {
    "missing": "is missing",
    "int_type": "must be a whole number, without quotes",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number, without quotes",
    "bool_type": "must be true or false, without quotes",
    "string_type": "must be a text; put it in quotes",
    "path_type": "must be the name of a file or folder",
    "is_instance_of": "must be the name of a file or folder",
    "dict_type": "must be a section with keys and values",
    "mapping_type": "must be a section with keys and values",
    "model_type": "must be a section with keys and values",
    "model_attributes_type": "must be a section with keys and values",
    "tuple_type": "must be a list",
    "string_too_short": "is empty",
    "finite_number": "must be a number",
}
_WITH_BOUND: Mapping[str, Callable[[Mapping[str, Any]], Told]] = {
    "greater_than": lambda c: (f"must be more than {c['gt']:g}", ""),
    "greater_than_equal": lambda c: (f"must be at least {c['ge']:g}", ""),
    "less_than_equal": lambda c: (f"must be at most {c['le']:g}", ""),
    "too_short": lambda c: (f"needs at least {c['min_length']}", ""),
    "too_long": lambda c: (f"is longer than {c['max_length']} characters", ""),
    "string_too_long": lambda c: (f"is longer than {c['max_length']} characters", ""),
}


def _one_of(error: ErrorDetails) -> Told:
    expected = str((error.get("ctx") or {})["expected"])
    options = [part.strip("' ") for part in expected.replace(" or ", ",").split(",")]
    given = error["input"]
    reason = f"must be one of {', '.join(options)}" if options[1:] else f"must be {options[0]}"
    if isinstance(given, str):
        hint = did_you_mean(given, options)
        return reason, hint if hint.startswith("did") else ""
    return reason, ""


def _keys(model: type[Section], steps: tuple[str | int, ...]) -> list[str]:
    """The known keys of the section that these steps lead to."""
    found: type[Section] | None = model
    for step in steps:
        if isinstance(step, str) and found and step in found.model_fields:
            found = _section_in(found.model_fields[step].annotation)
    return [*found.model_fields, *found.more_keys] if found else []


def _section_in(annotation: Any) -> type[Section] | None:
    """The section among the members of an annotation such as `Section | None`."""
    for member in [annotation, *getattr(annotation, "__args__", ())]:
        if isinstance(member, type) and issubclass(member, Section):
            return member
    return None
