"""Hands text conversations from an AI bot to people in Zendesk, and back."""

__version__ = "0.1.0"
