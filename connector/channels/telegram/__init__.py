"""Telegram's Bot API: what is odd about it stays in this folder."""
