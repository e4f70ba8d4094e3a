"""Which files Twilio can show to a customer, by the kind of sender and where the customer is."""

from __future__ import annotations

import re

from connector.channels.twilio.config import TwilioConfig
from connector.domain.ids import Address
from connector.domain.media import MediaLimits

MB = 1000 * 1000
# Twilio's description of MediaUrl: jpeg, png and gif up to 5 MB, other kinds up to 500 kB.
MMS = MediaLimits(
    sizes=(
        ("image/jpeg", 5 * MB), ("image/png", 5 * MB), ("image/gif", 5 * MB),
        ("audio/mpeg", MB // 2), ("audio/amr", MB // 2), ("video/mp4", MB // 2),
        ("video/3gpp", MB // 2), ("application/pdf", MB // 2),
    ),
    files=10,
    total=5 * MB,
)  # fmt: skip
# WhatsApp shows one file a message; Twilio takes 16 MB, WhatsApp itself 5 MB of a picture.
WHATSAPP = MediaLimits(
    sizes=(
        ("image/jpeg", 5 * MB), ("image/png", 5 * MB), ("audio/mpeg", 16 * MB),
        ("audio/ogg", 16 * MB), ("audio/amr", 16 * MB), ("video/mp4", 16 * MB),
        ("application/pdf", 16 * MB),
    ),
    files=1,
    total=16 * MB,
)  # fmt: skip
# Area codes of the North American plan that are neither in the United States nor in Canada.
_ELSEWHERE = (
    "242|246|264|268|284|340|345|441|473|649|658|664|670|671|684|721|758|767|784|787|809|829|849|"
    "868|869|876|939"
)
_AMERICA = re.compile(rf"\+1(?!{_ELSEWHERE})\d{{10}}")
_AUSTRALIA = re.compile(r"\+61\d+")


def limits(config: TwilioConfig, customer: Address) -> MediaLimits | None:
    """None where only text arrives: MMS is for the United States, Canada and Australia."""
    if customer.startswith("whatsapp:"):
        return WHATSAPP
    number = config.number or config.messaging_service or ""
    # A short code, or a messaging service, of whose senders only Twilio knows: the customer decides.
    anywhere = not number.startswith("+")
    for country in (_AMERICA, _AUSTRALIA):
        if country.fullmatch(customer):
            return MMS if anywhere or country.fullmatch(number) else None
    return None
