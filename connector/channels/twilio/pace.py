"""How fast a Twilio sender may send, by its kind (Twilio's throughput by sender type).

Twilio queues what comes faster, for hours. A text that would leave later than a quarter of an hour from
now is held here instead, where STOP or a handoff still withdraws it.
"""

from __future__ import annotations

import re
from datetime import timedelta

from connector.channels.twilio.config import TwilioConfig
from connector.domain.limits import Limit

QUEUED = timedelta(minutes=15)
_TOLL_FREE = re.compile(r"\+1(?:800|833|844|855|866|877|888)\d{7}")
_SHORT = re.compile(r"\d{3,8}")
LONG_CODE, TOLL_FREE, SHORT_CODE, WHATSAPP = 1, 3, 100, 80  # messages a second


def of_sender(config: TwilioConfig) -> tuple[Limit, ...]:
    """Nothing for a messaging service: it spreads over senders that only Twilio knows."""
    if config.number is None:
        return ()
    rate = _rate(config.number)
    return (Limit("sends", timedelta(seconds=1) / rate, int(rate * QUEUED.total_seconds())),)


def _rate(number: str) -> int:
    if number.startswith("whatsapp:"):
        return WHATSAPP
    if _SHORT.fullmatch(number):
        return SHORT_CODE
    return TOLL_FREE if _TOLL_FREE.fullmatch(number) else LONG_CODE
