"""What is wrong with a configuration: where, which key, why, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import get_close_matches

from pydantic_core import PydanticCustomError


@dataclass(frozen=True, order=True)
class Problem:
    """One line for the operator; sorts by position."""

    file: str
    line: int
    column: int
    path: str
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        parts = [f"{self.file}:{self.line}:{self.column}", self.path, self.reason]
        text = ": ".join(part for part in parts if part)
        return f"{text}; {self.hint}" if self.hint else text

    def as_dict(self) -> dict[str, str | int]:
        return asdict(self)


class ConfigError(Exception):
    """The configuration can't be used; `problems` holds everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: list[Problem] = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def refused(reason: str, hint: str = "", key: str = "") -> PydanticCustomError:
    """What a validator raises. `key` names the key of a section that the reason is about."""
    # The reason goes through the context, because braces in a template are replaced.
    return PydanticCustomError("refused", "{reason}", {"reason": reason, "hint": hint, "key": key})


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """'did you mean ...?', or all there is when nothing is near."""
    options = sorted(known)
    near = get_close_matches(name, options, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"there is {', '.join(options)}" if options else ""
