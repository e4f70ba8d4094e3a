"""What Zendesk posts to us: "ticket 12 changed", signed; never trusted for a text or a state."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.channels.base import WebhookRequest
from connector.domain.ids import TicketId
from connector.errors import BadSignature, MalformedPayload

SIGNATURE = "x-zendesk-webhook-signature"
TIMESTAMP = "x-zendesk-webhook-signature-timestamp"
INVOCATION = "x-zendesk-webhook-invocation-id"
TOLERANCE = timedelta(seconds=300)
_TICKET = re.compile(r"[1-9][0-9]{0,18}")
_SUBJECT = "zen:ticket:"
_EVENT = "zen:event-type:ticket."


def verify(request: WebhookRequest, secrets: tuple[str, ...], now: datetime) -> None:
    """Raise BadSignature unless one of the secrets signed this body and time, lately."""
    timestamp = request.headers.get(TIMESTAMP, "")
    given = request.headers.get(SIGNATURE, "").encode("utf-8", "replace")
    signed = timestamp.encode("utf-8", "replace") + request.body
    # Every secret is tried, so that the time taken does not tell which one fits.
    fits = [hmac.compare_digest(_signature(s, signed), given) for s in secrets if s]
    if not any(fits):
        raise BadSignature("no secret fits")
    if abs(now - _moment(timestamp)) > TOLERANCE:
        raise BadSignature("signed too long ago, or in the future")


def _signature(secret: str, signed: bytes) -> bytes:
    return b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest())


def _moment(timestamp: str) -> datetime:
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        raise BadSignature("the signature's time is unreadable") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def delivery_id(request: WebhookRequest) -> str:
    """The same request again has the same id; two changes within one second do not share one.

    The signed time has whole seconds and a trigger's body names the ticket only, so Zendesk's own
    id of the delivery is taken in. It is not signed: whoever forges it causes a reading, no more.
    """
    invocation = request.headers.get(INVOCATION, "")
    timestamp = request.headers.get(TIMESTAMP, "")
    named = f"{timestamp}\0{invocation}\0".encode("utf-8", "replace")
    return hashlib.sha256(named + request.body).hexdigest()


def parse(request: WebhookRequest) -> tuple[TicketId, ...]:
    """The ticket that a trigger's or an event subscription's body names."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise MalformedPayload("not JSON") from None
    if not isinstance(body, dict):
        raise MalformedPayload("not a JSON object")
    if "ticket_id" in body:
        return (_ticket(body["ticket_id"]),)
    return (_of_event(body),)


def _ticket(value: object) -> TicketId:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not _TICKET.fullmatch(text):
        raise MalformedPayload("no ticket id")
    return TicketId(text)


def _of_event(body: Mapping[str, Any]) -> TicketId:
    kind, subject, detail = body.get("type"), body.get("subject"), body.get("detail")
    if not isinstance(kind, str) or not kind.startswith(_EVENT):
        raise MalformedPayload("neither a trigger's body nor a ticket event")
    named = []
    if isinstance(detail, dict) and "id" in detail:
        named.append(_ticket(detail["id"]))
    if isinstance(subject, str) and subject.startswith(_SUBJECT):
        named.append(_ticket(subject.removeprefix(_SUBJECT)))
    if len(set(named)) != 1:
        raise MalformedPayload("an event that names no one ticket")
    return named[0]
