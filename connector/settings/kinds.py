"""Which kinds there are. A new kind of channel adds a row to `channel_kinds`."""

from __future__ import annotations

from collections.abc import Mapping

from connector.settings.bots import ClaudeBot
from connector.settings.channel_kinds import CHANNEL_KINDS
from connector.settings.helpdesks import ZendeskHelpdesk
from connector.settings.section import Section

KINDS: Mapping[str, Mapping[str, type[Section]]] = {
    "helpdesks": {"zendesk": ZendeskHelpdesk},
    "bots": {"claude": ClaudeBot},
    "channels": CHANNEL_KINDS,
}
