"""What Telegram's refusals mean. It has no codes beside the HTTP status: its sentences are known."""

from __future__ import annotations

# A part of the description -> our own code, and words for an agent.
REFUSED = {
    "bot was blocked by the user": ("blocked", "the customer has blocked our bot"),
    "user is deactivated": ("deactivated", "the customer's Telegram account no longer exists"),
    "bot can't initiate conversation": ("not_started", "the customer has not started our bot"),
    "chat not found": ("chat_not_found", "Telegram knows no such customer, or they never wrote"),
    "PEER_ID_INVALID": ("chat_not_found", "Telegram knows no such customer, or they never wrote"),
    "message is too long": ("too_long", "the message was longer than 4096 characters"),
    "message text is empty": ("empty", "the message was empty"),
    "wrong file identifier": ("bad_file", "Telegram could not fetch the attachment"),
    "failed to get HTTP URL content": ("bad_file", "Telegram could not fetch the attachment"),
    "wrong type of the web page content": ("bad_file", "Telegram does not take such a file"),
}


def known(description: str) -> tuple[str, str] | None:
    """Code and meaning of a refusal for good; None for anything else."""
    lowered = description.lower()
    return next((told for part, told in REFUSED.items() if part.lower() in lowered), None)
