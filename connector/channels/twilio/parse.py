"""A signed form -> what happened. Twilio sends a customer's words and its own reports alike."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connector.channels.base import (
    Inbound,
    InboundConsent,
    InboundMessage,
    InboundReceipt,
    WebhookRequest,
)
from connector.channels.text import clean
from connector.channels.twilio.config import TwilioConfig
from connector.channels.twilio.consent import consent_word
from connector.channels.twilio.content import media, readable
from connector.channels.twilio.form import Form
from connector.channels.twilio.refusals import meaning
from connector.domain.ids import Address, ExternalId
from connector.errors import MalformedPayload, UnknownEndpoint

STATES = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}
# On its way, or in part: a later report says how it ended.
UNDERWAY = frozenset({"accepted", "scheduled", "queued", "sending", "partially_delivered"})
# Ids and addresses become keys in a database: short, and printed as they are.
ID = re.compile(r"[!-~]{1,64}")
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]{1,256}")
_CODE = re.compile(r"[0-9]{1,6}")
USER = "ExternalUserId"  # whatsapp:US.13..., not in Twilio's documentation yet
_NAME = 100  # characters of a name that strangers choose for themselves


def parse(request: WebhookRequest, config: TwilioConfig) -> Sequence[Inbound]:
    form = Form.of(request)
    if not ID.fullmatch(form["MessageSid"]):
        raise MalformedPayload("no MessageSid")
    status = _status(form)
    if status is None:
        check_owner(form, config, form["To"])
        return (written(form),)
    check_owner(form, config, form["From"], reported=True)
    return () if status not in STATES else (_receipt(form, status),)


def _status(form: Form) -> str | None:
    """What a status callback reports; None if the customer wrote."""
    if "MessageStatus" in form:
        return form["MessageStatus"].lower()
    status = form["SmsStatus"].lower()
    return status if status in STATES or status in UNDERWAY else None


def check_owner(form: Form, config: TwilioConfig, ours: str, *, reported: bool = False) -> None:
    """Raise UnknownEndpoint for another account's, number's or messaging service's request."""
    if form["AccountSid"] and form["AccountSid"] != config.account_sid:
        raise UnknownEndpoint("another account")
    service = form["MessagingServiceSid"]
    if config.number and ours == config.number:
        return
    if config.messaging_service and service == config.messaging_service:
        return
    # A report may leave out through which number or service the message went.
    left_out = not service if config.messaging_service else not ours
    if not (reported and left_out):
        raise UnknownEndpoint("a number that this channel doesn't own")


def _address(form: Form, name: str) -> Address:
    """Kept as it came: on WhatsApp it may be a user's id that is no phone number.

    That id stands in a field of its own as well, the only one left should a number be withheld.
    """
    found = form[name] or form[USER]
    if not _ADDRESS.fullmatch(found):
        raise MalformedPayload(f"no {name}")
    return Address(found)


def written(form: Form) -> InboundMessage | InboundConsent:
    """What the customer wrote. Raise MalformedPayload if the form names nobody."""
    sid, customer = ExternalId(form["MessageSid"]), _address(form, "From")
    word = consent_word(form)
    if word:
        return InboundConsent(sid, customer, word, clean(form["Body"]), form.raw)
    name = clean(form["ProfileName"]).strip()[:_NAME]
    return InboundMessage(sid, customer, readable(form), form.raw, media(form), name or None)


def _receipt(form: Form, status: str) -> InboundReceipt:
    sid = form["MessageSid"]
    state = STATES[status]
    code = form["ErrorCode"] if _CODE.fullmatch(form["ErrorCode"]) else ""
    failed = state == "failed"
    return InboundReceipt(
        id=ExternalId(f"{sid}:{status}"),
        message=ExternalId(sid),
        customer=_address(form, "To"),
        status=state,
        raw=form.raw,
        code=code if failed else "",
        meaning=("it was cancelled at Twilio" if status == "canceled" else meaning(code))
        if failed
        else "",
    )
