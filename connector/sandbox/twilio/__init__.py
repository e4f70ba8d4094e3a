"""Twilio's stand-in: the Messages resource, signed webhooks, receipts, opt-out, and the phones."""

from connector.sandbox.twilio.messages import Attachment, Media, PhoneMessage
from connector.sandbox.twilio.twin import TwilioTwin

__all__ = ["Attachment", "Media", "PhoneMessage", "TwilioTwin"]
