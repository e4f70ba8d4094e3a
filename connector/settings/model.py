"""The whole configuration, checked and frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from connector.settings.bots import BotSettings
from connector.settings.channel_kinds import ChannelSettings
from connector.settings.helpdesks import HelpdeskSettings
from connector.settings.ops import Ops
from connector.settings.origins import Origin
from connector.settings.problems import Problem, refused
from connector.settings.section import Section
from connector.settings.values import DatabaseUrl, Url, matches

Name = Annotated[
    str,
    matches(
        r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}",
        "a name is made of letters, digits, - and _",
        "it becomes a part of URLs",
    ),
]


class Settings(Section):
    """The connector's configuration."""

    more_keys: ClassVar[tuple[str, ...]] = ("defaults",)

    public_url: Url = Field(
        description="https://connector.example.com, as providers call it: signatures are checked "
        "against it."
    )
    database: DatabaseUrl = Field(
        default="sqlite:///var/connector.db",
        repr=False,  # it may hold a password
        description="sqlite:///file (relative to where the program starts) or postgresql://...",
    )
    runner: Literal["local", "procrastinate"] = Field(
        default="local",
        description="What does the work. local: threads in this one program. procrastinate: any "
        "number of `connector worker`, on Postgres.",
    )
    helpdesks: Mapping[Name, HelpdeskSettings] = Field(
        min_length=1, description="Where the people are, by names of your own."
    )
    bots: Mapping[Name, BotSettings] = Field(
        min_length=1, description="Who answers first, by names of your own."
    )
    channels: Mapping[Name, ChannelSettings] = Field(
        min_length=1,
        description="What customers write to, by names of your own; the names stand in the "
        "webhooks' URLs.",
    )
    ops: Ops = Field(default=Ops(), description="The operators' side.")

    _ending: tuple[Problem, ...] = PrivateAttr(default=())
    _folder: Path = PrivateAttr(default=Path())
    _origins: Mapping[str, Origin] = PrivateAttr(default={})

    @model_validator(mode="after")
    def _fleet_needs_a_server(self) -> Self:
        if self.runner == "procrastinate" and self.database.startswith("sqlite"):
            raise refused(
                "'procrastinate' needs Postgres, and 'database' is an SQLite file",
                "set database to postgresql://..., or runner to local",
                key="runner",
            )
        return self

    @property
    def ending(self) -> Sequence[Problem]:
        """What the file sets and a provider will end, with the date."""
        return self._ending

    @property
    def folder(self) -> Path:
        """Where the file is: beside it may stand word lists of the operator's own (phrases/)."""
        return self._folder

    @property
    def origins(self) -> Mapping[str, Origin]:
        """Where each value of the file stands, by its path (channels.sms-us.number)."""
        return self._origins
