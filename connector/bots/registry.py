"""Which kinds of bot there are: a literal that one can read."""

from __future__ import annotations

from connector.bots.claude import Claude

BOTS = {"claude": Claude}
