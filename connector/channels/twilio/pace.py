"""How fast a Twilio sender may send, by its kind (Twilio's throughput by sender type).

The rates are segments a second: an SMS of ten segments counts for ten.

Twilio queues what comes faster, for hours. A text that would leave later than a quarter of an hour from
now is held here instead, where STOP or a handoff still withdraws it.
"""

from __future__ import annotations

from datetime import timedelta

from connector.channels.base import Outbound
from connector.channels.twilio.config import TwilioConfig
from connector.channels.twilio.segments import segments
from connector.channels.twilio.senders import is_short_code, is_toll_free, is_whatsapp
from connector.domain.limits import Limit

QUEUED = timedelta(minutes=15)
LONG_CODE, TOLL_FREE, SHORT_CODE, WHATSAPP = 1, 3, 100, 80


def of_message(config: TwilioConfig, message: Outbound, body: str) -> tuple[Limit, ...]:
    """What it takes of the sender's time; `body` is its text as it is sent.

    Nothing for a messaging service, unless the operator says how fast it is: it spreads over
    senders that only Twilio knows.
    """
    rate = config.segments_per_second or _rate(config.number)
    if rate is None:
        return ()
    whole = is_whatsapp(message.customer) or message.media  # only an SMS is cut to segments
    count = 1 if whole else segments(body)
    every = timedelta(seconds=1) / rate * count
    return (Limit("sends", every, max(int(QUEUED / every), 1)),)


def _rate(number: str | None) -> int | None:
    if number is None:
        return None
    if is_whatsapp(number):
        return WHATSAPP
    if is_short_code(number):
        return SHORT_CODE
    return TOLL_FREE if is_toll_free(number) else LONG_CODE
