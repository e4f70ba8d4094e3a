"""Which kinds of channel there are: a literal that one can read.

A kind's class is made with its `config`, a dataclass whose fields are filled by their names from the
channel's settings (docs/ADDING_A_CHANNEL.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connector.channels.base import Channel
from connector.channels.intercom.channel import Intercom
from connector.channels.messenger.channel import Messenger
from connector.channels.telegram.channel import Telegram
from connector.channels.twilio.channel import Twilio
from connector.channels.webhook.channel import Webhook
from connector.channels.whatsapp_cloud.channel import WhatsAppCloud

CHANNELS: Mapping[str, Callable[..., Channel]] = {
    "twilio": Twilio,
    "intercom": Intercom,
    "whatsapp_cloud": WhatsAppCloud,
    "telegram": Telegram,
    "messenger": Messenger,
    "webhook": Webhook,
}
