"""An approved template that carries a message, when WhatsApp takes no free text any more.

WhatsApp takes it for 24 hours after the customer's last message (63016). A variable of a template may
hold no line break, no tab and no more than four spaces in a row (21656).
"""

from __future__ import annotations

import json
import re
from datetime import timedelta

from connector.channels.base import Outbound
from connector.channels.twilio.config import TwilioConfig
from connector.channels.twilio.senders import is_whatsapp
from connector.domain.ids import Address
from connector.domain.window import Window

# WhatsApp takes 1024 characters with the template's own words.
ROOM = 800
# Some minutes early: our clock is not WhatsApp's, and a template is taken at any time.
OPEN_FOR = timedelta(hours=24) - timedelta(minutes=5)
_TEXT = re.compile(r"\{\{\s*message\.text\s*\}\}")


def may_be_sent(config: TwilioConfig) -> bool:
    """To some customer: through a messaging service there may be WhatsApp and SMS."""
    return config.content_sid is not None and (config.number is None or is_whatsapp(config.number))


def window(config: TwilioConfig, customer: Address) -> Window | None:
    """None where there is no window, or no template to send once it is closed."""
    if not (may_be_sent(config) and is_whatsapp(customer)):
        return None
    return Window(OPEN_FOR, ROOM)


def one_line(message: Outbound) -> str:
    """Its words and its files' addresses: no file comes with a template."""
    return " ".join(" ".join([message.text, *(file.url for file in message.media)]).split())


def variables(config: TwilioConfig, message: Outbound) -> str:
    """ContentVariables: the operator's, with this message in its place."""
    words = one_line(message)
    filled = {
        name: _TEXT.sub(lambda _: words, value) for name, value in config.content_variables.items()
    }
    return json.dumps(filled, ensure_ascii=False)
