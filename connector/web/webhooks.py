"""POST /webhooks/...: verify, parse, store, and only then say yes."""

from __future__ import annotations

import time
from collections.abc import Callable

from flask import Flask, Response, request

from connector import log
from connector.channels.base import (
    AnswersChallenges,
    Channel,
    Inbound,
    Unread,
    WebhookReply,
    WebhookRequest,
)
from connector.errors import UnknownEndpoint, UnsupportedEvent
from connector.meters import ACK_SECONDS
from connector.pipeline import receive
from connector.pipeline.parts import Parts
from connector.turnstile import TURNSTILE

_log = log.get(__name__)


def ids() -> dict[str, str]:
    """Which endpoint was called, for a log line; nothing that the caller could fill at will."""
    return {"endpoint": request.endpoint or "", "method": request.method}


def register(app: Flask, parts: Parts, public_url: str) -> None:
    def channel(name: str) -> Response:
        found = parts.channels.get(name)
        if found is None:
            raise UnknownEndpoint(name)
        asked = _request(public_url)
        if request.method in ("GET", "HEAD"):
            return _reply(_greeting(found.adapter, asked))
        began = time.perf_counter()
        found.adapter.verify(asked)
        received = _readable(name, found.adapter, asked)
        if received:
            receive.from_channel(parts, name, received)
        ACK_SECONDS.labels("channel").observe(time.perf_counter() - began)
        return _reply(found.adapter.acknowledge())

    def helpdesk(name: str) -> Response:
        found = parts.helpdesks.get(name)
        if found is None:
            raise UnknownEndpoint(name)
        if request.method in ("GET", "HEAD"):
            return Response(status=200)
        began = time.perf_counter()
        asked = _request(public_url)
        found.verify(asked)
        receive.from_helpdesk(parts, name, found.parse(asked), found.delivery_id(asked))
        ACK_SECONDS.labels("helpdesk").observe(time.perf_counter() - began)
        return Response(status=200)

    methods = ["GET", "HEAD", "POST"]
    for rule, endpoint, view in (
        ("/webhooks/channels/<name>", "channel", channel),
        ("/webhooks/channels/<name>/status", "status", channel),
        ("/webhooks/helpdesks/<name>", "helpdesk", helpdesk),
    ):
        app.add_url_rule(rule, endpoint, _first(view), methods=methods)


def _first(view: Callable[[str], Response]) -> Callable[[str], Response]:
    """A provider waits for it: lanes stand back."""

    def taken(name: str) -> Response:
        with TURNSTILE.webhook():
            return view(name)

    return taken


def _readable(name: str, adapter: Channel, asked: WebhookRequest) -> list[Inbound]:
    """What there is to store; each part that is not leaves one line in the log."""
    try:
        parsed = adapter.parse(asked)
    except UnsupportedEvent as nothing_to_do:
        parsed = (Unread(str(nothing_to_do)),)
    received: list[Inbound] = []
    for part in parsed:
        if isinstance(part, Unread):
            tell = _log.warning if part.malformed else _log.info
            tell("webhook_skipped", channel=name, why=part.why)
        else:
            received.append(part)
    return received


def _greeting(adapter: Channel, asked: WebhookRequest) -> WebhookReply:
    if isinstance(adapter, AnswersChallenges):
        return adapter.challenge(asked)
    return WebhookReply()


def _request(public_url: str) -> WebhookRequest:
    """As the provider signed it: over the configured public URL, whatever a proxy made of it."""
    query = request.query_string.decode("latin-1")
    url = public_url.rstrip("/") + request.path + (f"?{query}" if query else "")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return WebhookRequest(request.method, url, headers, query, request.get_data())


def _reply(reply: WebhookReply) -> Response:
    return Response(reply.body, status=reply.status, content_type=reply.content_type)
