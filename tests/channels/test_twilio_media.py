"""Which customer can be shown which file (A41)."""

from __future__ import annotations

import pytest

from connector.channels.twilio.config import TwilioConfig
from connector.channels.twilio.media import MB, MMS, WHATSAPP, limits
from connector.domain.ids import Address
from connector.domain.media import MediaLimits

US, SERVICE = "+12025550100", None


@pytest.mark.parametrize(
    ("number", "customer", "expected"),
    [
        (US, "+12025550147", MMS),
        (US, "+14165550147", MMS),
        (US, "+18765550147", None),  # Jamaica shares +1
        (US, "+34915550147", None),
        (US, "+61491570156", None),
        ("+61491570100", "+61491570156", MMS),
        ("+34915550100", "+34915550147", None),
        ("+34915550100", "+12025550147", None),
        ("12345", "+12025550147", MMS),
        (SERVICE, "+12025550147", MMS),
        (SERVICE, "+34915550147", None),
        ("whatsapp:+12025550100", "whatsapp:+34915550147", WHATSAPP),
        ("whatsapp:+12025550100", "whatsapp:US.1349", WHATSAPP),
    ],
)
def test_where_media_arrive(
    number: str | None, customer: str, expected: MediaLimits | None
) -> None:
    service = None if number else "MG0123456789abcdef0123456789abcdef"
    config = TwilioConfig("AC1", ("t",), number=number, messaging_service=service)
    assert limits(config, Address(customer)) is expected


@pytest.mark.parametrize(
    ("kind", "size", "fits"),
    [
        ("image/png", 5 * MB, True),
        ("image/png", 5 * MB + 1, False),
        ("image/png", 0, False),
        ("video/mp4", MB // 2, True),
        ("video/mp4", MB // 2 + 1, False),
        ("text/html", 10, False),
        ("image/svg+xml", 10, False),
        ("", 10, False),
    ],
)
def test_mms_kinds_and_sizes(kind: str, size: int, fits: bool) -> None:
    assert MMS.takes(kind, size) is fits
