"""Which kinds of channel there are: a literal that one can read."""

from __future__ import annotations

from connector.channels.twilio.channel import Twilio

CHANNELS = {"twilio": Twilio}
