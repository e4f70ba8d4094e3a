"""How fast a Twilio sender may send, by its kind (Twilio's throughput by sender type).

The rates are segments a second: an SMS of ten segments counts for ten.

Twilio queues what comes faster, for hours. A text that would leave later than a quarter of an hour from
now is held here instead, where STOP or a handoff still withdraws it.
"""

from __future__ import annotations

import re
from datetime import timedelta

from connector.channels.twilio.config import TwilioConfig
from connector.channels.twilio.segments import segments
from connector.domain.limits import Limit

QUEUED = timedelta(minutes=15)
_TOLL_FREE = re.compile(r"\+1(?:800|833|844|855|866|877|888)\d{7}")
_SHORT = re.compile(r"\d{3,8}")
LONG_CODE, TOLL_FREE, SHORT_CODE, WHATSAPP = 1, 3, 100, 80


def of_message(config: TwilioConfig, text: str, files: int) -> tuple[Limit, ...]:
    """What it takes of the sender's time; `text` as it is sent.

    Nothing for a messaging service, unless the operator says how fast it is: it spreads over
    senders that only Twilio knows.
    """
    rate = config.segments_per_second or _rate(config.number)
    if rate is None:
        return ()
    whatsapp = (config.number or "").startswith("whatsapp:")
    count = 1 if whatsapp or files else segments(text)
    every = timedelta(seconds=1) / rate * count
    return (Limit("sends", every, max(int(QUEUED / every), 1)),)


def _rate(number: str | None) -> int | None:
    if number is None:
        return None
    if number.startswith("whatsapp:"):
        return WHATSAPP
    if _SHORT.fullmatch(number):
        return SHORT_CODE
    return TOLL_FREE if _TOLL_FREE.fullmatch(number) else LONG_CODE
