"""What all sections have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo

from connector.settings.problems import refused


class Section(BaseModel):
    """Frozen, and every key is known."""

    # Strict: a number is never taken for a text, nor a text for a number.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)
    more_keys: ClassVar[tuple[str, ...]] = ()  # keys that are gone before the section is built


def _on_or_off(value: object) -> object:
    """`true` is the section with its defaults, `false` is none."""
    return {True: {}, False: None}.get(value, value) if isinstance(value, bool) else value


# `true`, `false` or a section.
OnOrOff = BeforeValidator(_on_or_off)
ON_OR_OFF: dict[str, Any] = {"x-or": {"type": "boolean"}}
OFF: dict[str, Any] = {"x-or": {"const": False}}


def _resolved(value: object, info: ValidationInfo) -> object:
    """Relative to the folder of the YAML file, which is the validation's context."""
    if not isinstance(value, str) or not value:
        return value
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / value


def _readable(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise refused("there is no such file", "paths are relative to the YAML file") from None
    except IsADirectoryError:
        raise refused("is a folder, not a file") from None
    except OSError as error:
        raise refused(f"can't be read ({error.strerror})") from None
    except ValueError:
        raise refused("is not UTF-8 text") from None


def _text_file(value: object, info: ValidationInfo) -> object:
    path = _resolved(value, info)
    if isinstance(path, Path) and not _readable(path).strip():
        raise refused("the file is empty")
    return path


def articles_of(path: Path) -> tuple[Path, ...]:
    """The Markdown files of a folder and those below it, or the one file; sorted."""
    if path.is_dir():
        return tuple(sorted(p for p in path.rglob("*.md") if p.is_file()))
    return (path,)


def _knowledge(value: object, info: ValidationInfo) -> object:
    path = _resolved(value, info)
    if isinstance(path, Path):
        articles = articles_of(path)
        if not articles:
            raise refused("the folder holds no Markdown file (*.md)")
        for article in articles:
            _readable(article)
    return path


TextFile = Annotated[Path, BeforeValidator(_text_file, json_schema_input_type=str)]
Knowledge = Annotated[Path, BeforeValidator(_knowledge, json_schema_input_type=str)]
