"""Which kinds of helpdesk there are: a literal that one can read."""

from __future__ import annotations

from connector.helpdesks.zendesk.desk import Zendesk

HELPDESKS = {"zendesk": Zendesk}
