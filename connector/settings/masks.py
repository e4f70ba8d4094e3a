"""What is blotted out of a text before it goes to the model or into a ticket."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Discriminator, Field, Tag

from connector.settings.problems import refused
from connector.settings.section import Section
from connector.settings.values import Word

Known = Literal["card_numbers", "national_ids", "emails"]
KNOWN: tuple[Known, ...] = get_args(Known)
MEMORY = 1 << 20  # bytes that a compiled pattern may take
LONGEST = 500


def _pattern(value: str) -> str:
    # Imported where somebody has a pattern: nobody else pays its 4 MB.
    import re2

    quiet = re2.Options()
    quiet.log_errors, quiet.max_mem = False, MEMORY
    try:
        compiled = re2.compile(value, quiet)
    except re2.error as error:
        told = error.args[0] if error.args else b""
        why = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
        raise refused(
            f"is no pattern of RE2 ({why})", "RE2 knows no look-around and no back references"
        ) from None
    if compiled.search("") is not None:
        raise refused("fits nothing at all, and so everything", "it must need a character")
    return value


class OwnPattern(Section):
    """A pattern of the operator's own."""

    name: Annotated[Word, Field(max_length=40)] = Field(
        description="What stands in its place, in brackets: [employee number]."
    )
    pattern: Annotated[Word, Field(max_length=LONGEST), AfterValidator(_pattern)] = Field(
        description='What to look for, in the syntax of RE2, such as "EMP-[0-9]{6}".'
    )


def _either(value: object) -> str:
    return "(own)" if isinstance(value, dict | OwnPattern) else "(known)"


Mask = Annotated[
    Annotated[Known, Tag("(known)")] | Annotated[OwnPattern, Tag("(own)")], Discriminator(_either)
]
