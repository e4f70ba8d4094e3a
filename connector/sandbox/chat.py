"""What the twins of chat services keep: what was said, by whom, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass
class Said:
    """One message of a chat; inbound is what the customer wrote."""

    id: str
    direction: Literal["inbound", "outbound"]
    customer: str
    text: str
    at: datetime
    status: str
    error_code: int | None = None
    media: str = ""  # a file's address or id


class RefusedError(Exception):
    """The service would not do it: its own code and sentence."""

    def __init__(self, status: int, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code, self.sentence = status, code, sentence
