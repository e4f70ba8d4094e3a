"""The form that Twilio posts when a customer writes, and the one when a status changes."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from connector.sandbox.twilio.messages import VERSION, Message
from connector.sandbox.twilio.sms import Keyword, is_whatsapp, segments

Form = list[tuple[str, str]]


def encoded(form: Form) -> bytes:
    return urlencode(form).encode()


def message_form(
    account: str, message: Message, opt_out: Keyword | None, extra: Mapping[str, str]
) -> Form:
    """All the fields of an incoming message, those of its channel, and the test's own."""
    form = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsMessageSid": message.sid,
        "AccountSid": account,
        "From": message.from_,
        "To": message.to,
        "Body": message.text,
        "NumMedia": str(len(message.media)),
        "NumSegments": str(segments(message.text)),
        "SmsStatus": "received",
        "ApiVersion": VERSION,
    }
    form |= _whatsapp(message) if is_whatsapp(message.from_) else _places(message)
    for place, item in enumerate(message.media):
        form[f"MediaUrl{place}"] = item.url
        form[f"MediaContentType{place}"] = item.kind
    if message.service:
        form["MessagingServiceSid"] = message.service
    if opt_out:
        form["OptOutType"] = opt_out
    return list((form | dict(extra)).items())


def _whatsapp(message: Message) -> dict[str, str]:
    fields = {"ChannelMetadata": '{"type":"whatsapp"}', "ProfileName": "Robin"}
    if message.from_.startswith("whatsapp:+"):
        fields["WaId"] = message.from_.removeprefix("whatsapp:+")
    fields["MessageType"] = message.media[0].kind.split("/")[0] if message.media else "text"
    return fields


def _places(message: Message) -> dict[str, str]:
    """Where the numbers are from, as far as the carrier knows: often it does not."""
    country = "US" if message.from_.startswith("+1") else "ZZ"
    fields = {f"From{part}": "" for part in ("City", "State", "Zip")} | {"FromCountry": country}
    fields |= {f"To{part}": "" for part in ("City", "State", "Zip")} | {"ToCountry": country}
    return fields


def receipt_form(account: str, message: Message) -> Form:
    form = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "AccountSid": account,
        "MessageStatus": message.status,
        "SmsStatus": message.status,
        "From": message.from_,
        "To": message.to,
        "ApiVersion": VERSION,
    }
    if message.service:
        form["MessagingServiceSid"] = message.service
    if message.error_code is not None:
        form["ErrorCode"] = str(message.error_code)
    if is_whatsapp(message.to):
        form["ChannelPrefix"] = "whatsapp"
        form["ChannelToAddress"] = message.to
    return list(form.items())
