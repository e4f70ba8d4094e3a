"""The configuration: YAML -> frozen, checked settings; errors with file:line:column."""

from connector.settings.load import load, load_handoff
from connector.settings.model import Settings
from connector.settings.pending import Pending, load_pending
from connector.settings.problems import ConfigError, Problem
from connector.settings.wording import Wording

__all__ = [
    "ConfigError", "Pending", "Problem", "Settings", "Wording", "load", "load_handoff",
    "load_pending",
]  # fmt: skip
