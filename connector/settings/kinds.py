"""Which kinds there are. A new kind adds a row here, and a member to its union."""

from __future__ import annotations

from collections.abc import Mapping

from connector.settings.bots import ClaudeBot
from connector.settings.channels import TwilioChannel
from connector.settings.helpdesks import ZendeskHelpdesk
from connector.settings.section import Section

KINDS: Mapping[str, Mapping[str, type[Section]]] = {
    "helpdesks": {"zendesk": ZendeskHelpdesk},
    "bots": {"claude": ClaudeBot},
    "channels": {"twilio": TwilioChannel},
}

# What the contract names and this version does not have yet.
PLANNED: Mapping[str, frozenset[str]] = {
    "channels": frozenset({"intercom", "whatsapp_cloud", "telegram", "messenger", "webhook"}),
    "ops": frozenset({"auth"}),
}
