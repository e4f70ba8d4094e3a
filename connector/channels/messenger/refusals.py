"""Messenger's error codes, some with a subcode after a slash, in words for an agent."""

from __future__ import annotations

_WINDOW = "Messenger takes messages only within 24 hours of the customer's last one"

MEANINGS = {
    "10/2018278": _WINDOW,
    "100/2018001": "Messenger knows no such customer for our page",
    "100/2018109": "the attachment is too large for Messenger",
    "100/2018047": "Messenger could not fetch the attachment, or does not take its kind",
    "100/2018008": "Messenger could not fetch the attachment",
    "100": "Messenger found a mistake in the message",
    "200/2018065": _WINDOW,
    "200/2018028": "our page may not write to this customer",
    "200/1545041": "the customer can't be reached: they have blocked our page or left",
    "551/1545041": "the customer can't be reached: they have blocked our page or left",
    "551": "the customer can't be reached at the moment",
    "10903": "the customer can't be answered: they did not write to our page",
    "2018278": _WINDOW,
}
