"""Twilio's error codes, in words for an agent: why the customer did not get a message.

Codes come from Twilio's error dictionary (twilio.com/docs/api/errors). A row completes the sentence
"this did not reach the customer: ..."; "our" is what the operator has to look at.
"""

from __future__ import annotations

from collections.abc import Mapping

OPTED_OUT, WINDOW_CLOSED = "21610", "63016"

_WINDOW = (
    "WhatsApp takes free text only within 24 hours of the customer's last message; "
    "an approved template is needed"
)
_FILTERED = "the carrier filtered the message as unwanted"
_NOT_REGISTERED = "our number is not registered with the US carriers (A2P 10DLC)"
_FRAUD = "Twilio held it back because it looked like fraud"

# About the customer and their phone.
CUSTOMER: Mapping[str, str] = {
    OPTED_OUT: "the customer has opted out (texted STOP) and must text START first",
    "21211": "the customer's number is not a valid phone number",
    "21214": "the customer's number can't be reached",
    "21217": "the customer's number does not look like a phone number",
    "21219": "our Twilio account is a trial and the customer's number is not verified there",
    "21265": "the customer's number is a short code, which takes no messages",
    "21266": "the customer's number is our own",
    "21268": "the customer's number is a premium or service number",
    "21407": "the customer's number is of a kind that takes no messages",
    "21408": "text messages to the customer's country are not enabled at Twilio",
    "21421": "the customer's number is not a valid phone number",
    "21604": "no number of the customer was given",
    "21608": "our Twilio account is a trial and the customer's number is not verified there",
    "21612": "the customer's number can't be reached from this number",
    "21614": "the customer's number can't receive text messages",
    "21635": "the customer's number is a landline",
    "30003": "the customer's phone could not be reached: switched off or without a signal",
    "30004": "the customer or their carrier blocks messages from this number",
    "30005": "the customer's number is unknown or no longer in use",
    "30006": "the customer's number is a landline or a carrier that takes no text messages",
    "30011": "the customer's phone takes no pictures from this number",
    "63003": "the customer's WhatsApp number is not valid or not on WhatsApp",
    "63014": "the customer has blocked our number",
    "63015": "our WhatsApp number is Twilio's sandbox and the customer has not joined it",
    "63024": "the customer's WhatsApp account can't take this message",
    "63029": "the customer's WhatsApp could not load the template",
    "63031": "the customer's number is our own",
    "63032": "WhatsApp keeps this customer from such messages",
    "63033": "the customer has blocked our number",
    "63036": "the customer's phone can't be reached by RCS",
}  # fmt: skip
# About our number, account or messaging service: what an operator has to mend.
OURS: Mapping[str, str] = {
    "21212": "our own number is not valid",
    "21267": "our Twilio account is a trial and can't send under a name",
    "21601": "our own number can't receive text messages",
    "21603": "no number of our own was given",
    "21606": "our own number can't send text messages",
    "21607": "our own number can't send text messages",
    "21609": "our address for reports is not valid: is public_url right?",
    "21613": "our own number has to be certified first",
    "21615": "our own number can't send text messages to the customer's country",
    "21616": "our own number is there more than once in this Twilio account",
    "21621": "our own number can't send pictures",
    "21622": "our Twilio account can't send pictures",
    "21659": "our own number does not belong to Twilio",
    "21660": "our own number does not belong to this Twilio account",
    "21661": "our own number can't send text messages",
    "21701": "our messaging service does not exist at Twilio",
    "21703": "our messaging service has no number to send from",
    "21704": "our messaging service has no number to send from",
    "21705": "our messaging service is not valid",
    "21712": "our own number is not in this messaging service",
    "21910": "our number and the customer's are on different channels",
    "30002": "our Twilio account is suspended",
    "30018": "the customer's carrier wants our number to be registered first",
    "30024": "our own number is not set up at the customer's carrier yet",
    "30032": "our toll-free number is not verified yet",
    "30033": "our campaign with the US carriers is suspended (A2P 10DLC)",
    "30034": _NOT_REGISTERED,
    "30035": "our own number is still being set up with the US carriers",
    "63001": "WhatsApp does not accept our account's credentials",
    "63002": "our own WhatsApp number is not known there",
    "63007": "our own WhatsApp number is not set up at Twilio",
    "63008": "our own WhatsApp number is set up wrongly at Twilio",
    "63020": "our WhatsApp account has not accepted Twilio's invitation",
    "63022": "our WhatsApp account's name is not approved",
    "63051": "our WhatsApp account is locked",
    "63112": "our WhatsApp account has been disabled by Meta",
}  # fmt: skip
# About the message itself.
MESSAGE: Mapping[str, str] = {
    "11200": "a file could not be fetched from this connector: is public_url reachable?",
    "11751": "an attachment is larger than Twilio takes",
    "12300": "a file is of a kind that Twilio doesn't take",
    "21602": "the message was empty",
    "21605": "the message was longer than Twilio takes",
    "21617": "the message was longer than 1600 characters",
    "21618": "the message has characters that Twilio can't send",
    "21619": "the message was empty",
    "21620": "an attachment's address is not valid",
    "21623": "an attachment is too large or of a kind that Twilio doesn't take",
    "21654": "the template's id (content_sid) is missing",
    "21655": "the template's id (content_sid) is not known at Twilio",
    "21656": "the template does not take the words that were filled in",
    "30009": "a part of the message got lost on its way",
    "30010": "the message cost more than the limit that was set",
    "30019": "the message was larger than the customer's carrier takes",
    "30039": "Twilio took it for two machines answering each other",
    "30044": "the message was longer than a trial account may send",
    "63005": "WhatsApp did not accept the message's content",
    "63006": "the message's content does not fit WhatsApp",
    "63013": "WhatsApp refused the message: it breaks WhatsApp's rules",
    WINDOW_CLOSED: _WINDOW,
    "63019": "WhatsApp could not fetch a file",
    "63021": "WhatsApp did not accept the message's content",
    "63025": "WhatsApp has that file already",
    "63027": "the template does not exist in this language",
    "63028": "the template wants more or fewer words filled in",
    "63030": "WhatsApp does not know this kind of message",
    "63034": "an attachment is larger than WhatsApp takes",
    "63040": "WhatsApp has rejected the template",
    "63041": "WhatsApp has paused the template",
    "63042": "WhatsApp has disabled the template",
    "63049": "WhatsApp held it back, to keep the customer from too many messages",
}  # fmt: skip
# What carriers and Twilio report of a message that was under way.
CARRIER: Mapping[str, str] = {
    "30001": "too many messages were waiting at Twilio",
    "30007": _FILTERED,
    "30008": "the carrier did not deliver it and gave no reason",
    "30017": "the carrier's network was congested",
    "30022": "too many messages were sent at once for our registration with the US carriers",
    "30023": "our number has sent all that the US carriers allow it a day",
    "30027": "our number has sent all that T-Mobile allows it a day",
    "30036": "it waited longer at Twilio than it was good for",
    "30038": "the carrier filtered it as a one-time password",
    "30410": "the carrier did not answer in time",
    "30450": _FRAUD,
    "30453": _FRAUD,
    "30454": _FRAUD,
    "63009": "WhatsApp reported an error and gave no reason",
    "63010": "Twilio had an error of its own",
    "63012": "WhatsApp had an error of its own",
    "63023": "WhatsApp did not deliver it and gave no reason",
    "63038": "our number has sent all that WhatsApp allows it a day",
}  # fmt: skip
# They end the attempt, but not the message: it goes when there is room again.
LATER_MEANINGS: Mapping[str, str] = {
    "14107": "too many messages were sent at once",
    "20429": "too many messages were sent at once",
    "21611": "too many messages were waiting at Twilio",
    "63018": "WhatsApp is limiting how much this number may send",
}
# They end neither: somebody mends the account, or Twilio itself, and it goes.
UNTOLD: Mapping[str, str] = {
    "10001": "our Twilio account is not active",
    "20005": "our Twilio account is not active",
    "20003": "Twilio does not accept our credentials",
    "20500": "Twilio had an error of its own",
    "20503": "Twilio was not available",
}
LATER = frozenset(LATER_MEANINGS)
REFUSED = frozenset((*CUSTOMER, *OURS, *MESSAGE))
MEANINGS: Mapping[str, str] = {
    **CUSTOMER, **OURS, **MESSAGE, **CARRIER, **LATER_MEANINGS, **UNTOLD,
}  # fmt: skip


def meaning(code: str) -> str:
    known = MEANINGS.get(code)
    if known:
        return known
    return f"Twilio could not deliver it (error {code})" if code else "no reason was given"
