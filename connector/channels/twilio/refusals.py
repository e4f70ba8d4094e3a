"""Twilio's error codes, in words for an agent: why the customer did not get a message."""

from __future__ import annotations

OPTED_OUT = "21610"

# They end the attempt, but not the message: it goes when there is room again.
LATER = frozenset({"14107", "20429", "21611", "63018"})

# Refused when sent; the first group is about the customer's number, the second about ours.
REFUSED = {
    "21211": "the customer's number is not a valid phone number",
    "21610": "the customer has opted out (texted STOP) and must text START first",
    "21612": "the customer's number can't be reached from this number",
    "21614": "the customer's number can't receive text messages",
    "21408": "text messages to the customer's country are not enabled at Twilio",
    "21602": "the message was empty",
    "21617": "the message was longer than 1600 characters",
    "21620": "an attachment's address is not valid",
    "21623": "an attachment is too large or of a kind that Twilio doesn't take",
    "21606": "our own number can't send text messages",
    "21660": "our own number does not belong to this Twilio account",
    "21703": "our messaging service has no number to send from",
    "63003": "the customer's WhatsApp number is not valid or not on WhatsApp",
    "63007": "our own WhatsApp number is not set up at Twilio",
    "63013": "WhatsApp refused the message: it breaks WhatsApp's rules",
    "63016": (
        "WhatsApp takes free text only within 24 hours of the customer's last message; "
        "an approved template is needed"
    ),
}
# Reported afterwards, when a carrier gave up.
UNDELIVERED = {
    "30001": "too many messages were waiting at Twilio",
    "30002": "our Twilio account is suspended",
    "30003": "the customer's phone could not be reached: switched off or without a signal",
    "30004": "the customer or their carrier blocks messages from this number",
    "30005": "the customer's number is unknown or no longer in use",
    "30006": "the customer's number is a landline or a carrier that takes no text messages",
    "30007": "the carrier filtered the message as unwanted",
    "30008": "the carrier did not deliver it and gave no reason",
    "30010": "the message cost more than the limit that was set",
    "30032": "our toll-free number is not verified yet",
    "30034": "our number is not registered with the US carriers (A2P 10DLC)",
    "63018": "WhatsApp is limiting how much this number may send",
    "63024": "the customer's WhatsApp account can't take this message",
    "11200": "a file could not be fetched from this connector: is public_url reachable?",
    "12300": "a file is of a kind that Twilio doesn't take",
    "63019": "WhatsApp could not fetch a file",
    "20003": "Twilio does not accept our credentials",
    "20429": "too many messages were sent at once",
}
MEANINGS = {**REFUSED, **UNDELIVERED}


def meaning(code: str) -> str:
    known = MEANINGS.get(code)
    if known:
        return known
    return f"Twilio could not deliver it (error {code})" if code else "no reason was given"
