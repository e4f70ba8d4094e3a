"""What customers wrote, from Twilio's list of messages: its webhooks are not sent again.

The list knows less than a webhook: neither a WhatsApp name, nor a location, nor OptOutType.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from connector.channels.base import Inbound, Received
from connector.channels.twilio.api import SKEW, Messages, created
from connector.channels.twilio.config import TwilioConfig
from connector.channels.twilio.form import Form
from connector.channels.twilio.parse import ID, check_owner, written
from connector.domain.ids import ExternalId
from connector.errors import Transient, UnknownEndpoint

LIST, LIST_MEDIA = "list_received", "list_media"
PAGE, PAGES = 500, 200
_FIELDS = {
    "MessageSid": "sid",
    "AccountSid": "account_sid",
    "MessagingServiceSid": "messaging_service_sid",
    "From": "from",
    "To": "to",
    "Body": "body",
    "NumMedia": "num_media",
}
_COUNT = re.compile(r"[1-9][0-9]{0,2}")


def received(messages: Messages, config: TwilioConfig, since: datetime) -> list[Received]:
    """Oldest first; two of the same second in the order of the list. Raise Transient."""
    day = (since - SKEW).astimezone(UTC)
    query = {"DateSent>": f"{day:%Y-%m-%d}", "PageSize": str(PAGE)}
    if config.number and not config.messaging_service:
        query["To"] = config.number
    found: dict[ExternalId, Received] = {}  # while pages are read, new messages may move some on
    for page in messages.pages(LIST, query, since, PAGES):
        for each in page:
            one = _received(messages, config, each)
            if one is not None and one.at >= since:
                found[one.id] = one
    return sorted(reversed(found.values()), key=lambda r: r.at)


def _received(messages: Messages, config: TwilioConfig, each: Mapping[str, Any]) -> Received | None:
    """None for what is not a customer's, or not this channel's."""
    at, sid = created(each), each.get("sid")
    if each.get("direction") != "inbound" or at is None:
        return None
    if not isinstance(sid, str) or not ID.fullmatch(sid):
        return None
    fields = {ours: str(each.get(theirs) or "") for ours, theirs in _FIELDS.items()}
    try:
        check_owner(Form({n: [v] for n, v in fields.items()}), config, fields["To"])
    except UnknownEndpoint:
        return None
    read, words = partial(_read, messages, config, fields), partial(_told, fields)
    return Received(ExternalId(sid), at, read, words)


def _read(messages: Messages, config: TwilioConfig, fields: Mapping[str, str]) -> Inbound:
    """As the webhook would have told it. Raise Transient or MalformedPayload."""
    if not _COUNT.fullmatch(fields["NumMedia"]):
        return _told(fields)
    return _told({**fields, **_media(messages, config, fields["MessageSid"])})


def _told(fields: Mapping[str, str]) -> Inbound:
    return written(Form({name: [value] for name, value in fields.items()}))


def _media(messages: Messages, config: TwilioConfig, sid: str) -> dict[str, str]:
    path = f"/2010-04-01/Accounts/{config.account_sid}/Messages/{sid}/Media.json"
    try:
        listed = messages.get(LIST_MEDIA, path, {}, "media_list")["media_list"]
    except Transient as error:
        if error.status != 404:
            raise
        return {}  # deleted: the words are still worth telling
    fields = {}
    for number, each in enumerate(m for m in listed if isinstance(m, dict)):
        uri = str(each.get("uri") or "").removesuffix(".json")
        if uri.startswith("/"):
            fields[f"MediaUrl{number}"] = config.root + uri
            fields[f"MediaContentType{number}"] = str(each.get("content_type") or "")
    return fields
