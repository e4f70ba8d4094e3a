"""Time zones by name."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from connector.settings.problems import did_you_mean, refused


def known_zone(value: str) -> str:
    if value not in available_timezones():
        near = did_you_mean(value, available_timezones())
        hint = near if near.startswith("did") else "write it as in America/New_York"
        raise refused("there is no such time zone", hint)
    ZoneInfo(value)
    return value
