"""The sandbox's one page: a customer's phone, the agent's desk, and what the connector is doing."""

from connector.sandbox.page.app import create_page
from connector.sandbox.page.sources import Sources

__all__ = ["Sources", "create_page"]
