"""Telegram, as a bot sees it: the Bot API's calls, and updates that are posted to a webhook."""
