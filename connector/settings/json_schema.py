"""The JSON Schema of the configuration file, for editors; `load` checks more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from connector.settings.kinds import KINDS
from connector.settings.model import Settings
from connector.settings.section import Section
from connector.settings.values import format_duration

Schema = dict[str, Any]
_FROM_ENVIRONMENT = "from_environment"
_REFERENCE: Schema = {"$ref": f"#/$defs/{_FROM_ENVIRONMENT}"}
# Where a bound stands after our own conversion, pydantic leaves its own word for it.
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum"}


class _Generator(GenerateJsonSchema):
    """Without titles, which only repeat the keys, and with durations as they are written."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def encode_default(self, dft: Any) -> Any:
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def json_schema() -> Schema:
    """The schema of the whole file, the same for the same program."""
    sections: list[type[Section]] = [Settings]
    sections += [model for kinds in KINDS.values() for model in kinds.values()]
    chosen: list[tuple[type[Section], Any]] = [(m, "validation") for m in sections]
    _, generated = models_json_schema(chosen, schema_generator=_Generator)
    definitions: Schema = generated["$defs"]
    for model in KINDS["channels"].values():
        del definitions[model.__name__]["required"]  # `defaults` may have what a channel lacks
    definitions = {name: _finished(part) for name, part in definitions.items()}
    whole = definitions.pop(Settings.__name__)
    for group, kinds in KINDS.items():
        whole["properties"][group]["additionalProperties"] = _any_of(kinds.values())
    whole["properties"]["defaults"] = _any_of(KINDS["channels"].values()) | {
        "description": "What every channel inherits; a channel's own keys win."
    }
    definitions[_FROM_ENVIRONMENT] = {
        "type": "string",
        "description": "${NAME} or ${NAME:-default}",
        "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}",
    }
    draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**draft, **whole, "$defs": definitions}


def _any_of(models: Iterable[type[Section]]) -> Schema:
    references = [{"$ref": f"#/$defs/{model.__name__}"} for model in models]
    return references[0] if len(references) == 1 else {"anyOf": references}


def _finished(part: Any) -> Any:
    """What pydantic says, as the file is written: ${...} for any value, true and false."""
    if isinstance(part, list):
        return [_finished(one) for one in part]
    if not isinstance(part, dict):
        return part
    found: Schema = {
        _BOUNDS.get(str(key), str(key)): _finished(value)
        for key, value in part.items()
        if key != "x-or"
    }
    found.pop("title", None)
    if found.get("default", "") is None or isinstance(found.get("default"), dict):
        del found["default"]
    options = [one for one in found.get("anyOf", ()) if one != {"type": "null"}]
    if "x-or" in part:
        options = [*(options or [_moved(found)]), part["x-or"]]
    elif not options and _may_be_filled_in(found):
        options = [_moved(found), _REFERENCE]
    found.pop("anyOf", None)
    if len(options) == 1:
        return options[0] | found
    return found | {"anyOf": options} if options else found


def _may_be_filled_in(part: Schema) -> bool:
    """A string without a pattern takes ${...} as it is."""
    kind = part.get("type")
    return kind in {"integer", "number", "boolean"} or (
        kind == "string" and ("pattern" in part or "enum" in part)
    )


def _moved(part: Schema) -> Schema:
    """Takes out what a value must be; description and default stay."""
    names = [name for name in part if name not in {"description", "default"}]
    return {name: part.pop(name) for name in names}
