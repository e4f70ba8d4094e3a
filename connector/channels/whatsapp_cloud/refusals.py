"""WhatsApp's error codes, in words for an agent: why the customer did not get a message."""

from __future__ import annotations

from connector.channels.meta import unknown

WINDOW = "131047"

MEANINGS = {
    "100": "WhatsApp found a mistake in the message",
    "470": (
        "WhatsApp takes free text only within 24 hours of the customer's last message; "
        "an approved template is needed"
    ),
    "130403": "the customer has blocked our number",
    "130472": "WhatsApp keeps this customer from such messages as part of an experiment",
    "130497": "WhatsApp does not allow our business to write to the customer's country",
    "131008": "WhatsApp found that something is missing in the message",
    "131009": "WhatsApp found a mistake in the message",
    "131021": "the customer's number is our own",
    "131026": "the customer's number is not on WhatsApp, or their app is too old for it",
    "131031": "our WhatsApp account is locked",
    "131037": "our number's display name is not approved yet",
    "131042": "WhatsApp does not accept our means of payment",
    "131045": "our own number is not registered at WhatsApp",
    "131047": (
        "WhatsApp takes free text only within 24 hours of the customer's last message; "
        "an approved template is needed"
    ),
    "131049": "WhatsApp held it back, to keep the customer from too many messages",
    "131050": "the customer wants no more marketing messages from us",
    "131051": "WhatsApp does not know this kind of message",
    "131052": "WhatsApp could not fetch what the customer sent",
    "131053": "WhatsApp could not take the attachment: it is too large or of a wrong kind",
    "131057": "our WhatsApp account is being maintained",
    "132000": "our WhatsApp template has another number of variables than one",
    "132001": "there is no such WhatsApp template in this language, or it is not approved",
    "132005": "the message is too long for our WhatsApp template",
    "132007": "WhatsApp found that the message breaks the rules for templates",
    "132012": "our WhatsApp template has a variable of another kind",
    "132015": "our WhatsApp template is paused, because customers found it unwanted",
    "132016": "our WhatsApp template is disabled, because customers found it unwanted",
    "133010": "our own number is not registered at WhatsApp",
    "130429": "too many messages were sent at once",
    "131048": "WhatsApp is limiting our number because messages were reported as unwanted",
    "131056": "too many messages were sent to this customer at once",
}


def meaning(code: str) -> str:
    return MEANINGS.get(code) or unknown(code).replace("Meta", "WhatsApp")
