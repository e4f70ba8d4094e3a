"""A channel's settings -> its adapter. Fields go by their names: a new kind needs no line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any, get_type_hints

from pydantic import SecretStr

from connector.channels.base import Channel
from connector.channels.registry import CHANNELS
from connector.settings.channel_kinds import ChannelSettings


def channel(
    name: str, given: ChannelSettings, public_url: str, now: Callable[[], datetime]
) -> Channel:
    """The adapter of the channel called `name`.

    Beside the settings' own keys a `config` may have `webhook_url`, `status_url` and `now`.
    """
    adapter: Any = CHANNELS[given.kind]
    config = get_type_hints(adapter.__init__)["config"]
    url = f"{public_url.rstrip('/')}/webhooks/channels/{name}"
    known: dict[str, object] = {"webhook_url": url, "status_url": f"{url}/status", "now": now}
    known |= {key: _plain(getattr(given, key)) for key in type(given).model_fields}
    wanted = {field.name for field in fields(config)}
    made: Channel = adapter(config(**{key: v for key, v in known.items() if key in wanted}))
    return made


def _plain(value: object) -> object:
    """Adapters know nothing of pydantic."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return tuple(_plain(each) for each in value) if isinstance(value, tuple) else value
