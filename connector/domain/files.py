"""A file on its way from a customer to an agent, or back."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_FILE = 25 * 1024 * 1024  # bytes


@dataclass(frozen=True)
class File:
    name: str  # with the extension of what it really is
    content_type: str  # by its content, not by what somebody declared
    data: bytes = field(repr=False)
