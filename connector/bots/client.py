"""The SDK's client with walls around it: no repeats, no redirects, bounded answers."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import anthropic

from connector.bots.config import ClaudeConfig
from connector.errors import StartError
from connector.turnstile import TURNSTILE

ROOT = "https://api.anthropic.com"
CONNECT_SECONDS = 5.0
MAX_BODY = 1024 * 1024


class Bounded(anthropic.DefaultHttpxClient):
    """Reads an answer within its time and size as a whole.

    The SDK's timeout is one of silence: a server that drips a byte a second would never meet it.
    """

    def send(self, request: Any, *, stream: bool = False, **kwargs: Any) -> Any:
        deadline = time.monotonic() + request.extensions["timeout"]["read"]
        with TURNSTILE.outside():
            response = super().send(request, stream=True, **kwargs)
        if stream:
            return response
        body = bytearray()
        try:
            for chunk in response.iter_bytes():
                body += chunk
                if time.monotonic() > deadline:
                    raise TimeoutError("answer too slow")
                if len(body) > MAX_BODY:
                    raise ValueError("answer too large")
        finally:
            response.close()
        # The one place where the client keeps a body that was read in a stream.
        response._content = bytes(body)
        return response


def limit(patience: timedelta) -> anthropic.Timeout:
    seconds = patience.total_seconds()
    return anthropic.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))


def connect(config: ClaudeConfig) -> anthropic.Anthropic:
    """One client for all threads. Raise StartError for what can't be a key."""
    key = config.api_key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise StartError(f"bots.{config.name}.api_key: not a key (empty, or spaces within)")
    return anthropic.Anthropic(
        api_key=key,
        base_url=config.base_url or ROOT,  # never the environment's: the key goes there
        timeout=limit(config.timeout),
        max_retries=0,  # the outbox repeats; here a Retry-After is obeyed without a limit
        http_client=Bounded(follow_redirects=False),
        open_telemetry=False,
    )
