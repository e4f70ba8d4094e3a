"""What one WhatsApp number at Meta needs to be told."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connector.channels.meta import MetaConfig


@dataclass(frozen=True, kw_only=True)
class WhatsAppConfig(MetaConfig):
    phone_number_id: str  # Meta's id of our number, not the number
    template: str | None = (
        None  # approved, with one variable: what is sent when the window is closed
    )
    template_language: str = "en"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not re.fullmatch(r"\w{1,64}", self.phone_number_id, re.ASCII):
            raise ValueError("phone_number_id: as Meta shows it")  # it becomes a part of URLs
