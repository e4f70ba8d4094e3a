"""Intercom, as an app of one workspace sees it: conversations over REST, and signed notifications."""
