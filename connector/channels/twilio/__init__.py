"""Twilio Programmable Messaging (SMS, MMS, WhatsApp): what is odd about it stays in this folder."""
