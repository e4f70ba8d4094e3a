"""The channel for everything else: Standard Webhooks in both directions (docs/WEBHOOK_CHANNEL.md)."""
