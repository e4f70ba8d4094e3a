"""What one Facebook page needs to be told."""

from __future__ import annotations

from dataclasses import dataclass

from connector.channels.meta import MetaConfig


@dataclass(frozen=True, kw_only=True)
class MessengerConfig(MetaConfig):
    page_id: str
    human_agent: bool = False  # Meta lets our page answer for seven days, where a person writes

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.page_id.isdecimal():
            raise ValueError("page_id: digits")
