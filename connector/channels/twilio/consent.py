"""STOP, START and HELP, as the carriers know them and as Twilio reports them."""

from __future__ import annotations

import unicodedata

from connector.channels.twilio.form import Form
from connector.channels.twilio.senders import is_toll_free

WORDS = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"), "stop"
    ),
    **dict.fromkeys(("START", "UNSTOP"), "start"),
    **dict.fromkeys(("HELP", "INFO"), "help"),
}
_REPORTED = {"STOP": "stop", "START": "start", "HELP": "help"}
# Carriers' keywords are for texts; on these, "cancel" is an ordinary word.
_WITHOUT_WORDS = ("whatsapp:", "messenger:")
_LONGEST = 64  # a keyword with spaces, punctuation and quotes around it


def consent_word(form: Form) -> str | None:
    """stop | start | help, or None for an ordinary message.

    YES opts in as well, on all but toll-free numbers, but from most it is an answer: "yes" leaves it
    to the conversation what was meant.
    """
    reported = _REPORTED.get(form["OptOutType"].strip().upper())
    if reported:
        return reported
    text = form["Body"].strip()
    if form["From"].startswith(_WITHOUT_WORDS) or len(text) > _LONGEST:
        return None
    if text.upper() == "YES" and not is_toll_free(form["To"]):
        return "yes"
    return WORDS.get(_bare(text))


def _bare(text: str) -> str:
    """Letters only, in upper case: "Opt-out." and "STOP!" and "«stop all»" are meant."""
    letters = (c for c in unicodedata.normalize("NFKC", text) if c.isalnum())
    return "".join(letters).upper()
