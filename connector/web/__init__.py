"""What answers HTTP: webhooks, health, metrics."""
