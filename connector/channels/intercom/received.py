"""What customers wrote, from Intercom's own conversations: a webhook is repeated only once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from connector import log
from connector.channels.base import InboundMessage, Received
from connector.channels.intercom.api import PROVIDER, Api
from connector.channels.intercom.parse import listed_parts, source_of
from connector.channels.intercom.parts import Thread, key, of_part, of_source
from connector.channels.payload import Section, number, section, sections
from connector.errors import MalformedPayload, Rejected, Transient

SEARCH, READ = "search_conversations", "read_conversation"
PAGE, PAGES = 150, 100

_Reading = Callable[[Thread, Section, "bool | None", Section], "InboundMessage | None"]
_log = log.get(__name__)


def received(api: Api, since: datetime) -> list[Received]:
    """Oldest first; within a conversation in its order. Raise Transient."""
    found: dict[
        str, Received
    ] = {}  # while pages are read, conversations may move from one to another
    for conversation in dict.fromkeys(_changed(api, since)):
        for each in _of(_read(api, conversation)):
            if each.at >= since:
                found[each.id] = each
    return sorted(found.values(), key=lambda r: r.at)


def _changed(api: Api, since: datetime) -> Iterator[str]:
    """The conversations that were changed at or after `since`."""
    moment = int(since.timestamp())
    # Where times are compared by days, as contacts' are, "later than" begins with the next day, and
    # "equal" is the whole one: with both nothing is left out either way.
    later = [{"field": "updated_at", "operator": how, "value": moment} for how in (">", "=")]
    query = {"operator": "OR", "value": later}
    pagination: dict[str, Any] = {"per_page": PAGE}
    for _ in range(PAGES):
        page = api.search(
            SEARCH, "/conversations/search", {"query": query, "pagination": pagination}
        )
        for each in sections(page["conversations"]):
            changed, known = number(each.get("updated_at")), key(each.get("id"))
            if known and (changed is None or changed >= moment):
                yield known
        after = section(section(page.get("pages")).get("next")).get("starting_after")
        if not isinstance(after, str) or not after:
            return
        pagination = {"per_page": PAGE, "starting_after": after}
    reason = f"{PROVIDER} {SEARCH}: too many pages"
    raise Transient(reason, provider=PROVIDER, operation=SEARCH)


def _read(api: Api, conversation: str) -> Mapping[str, Any]:
    try:
        return api.read(READ, f"/conversations/{conversation}", "conversation_parts")
    except Rejected:
        return {}  # deleted meanwhile


def _of(item: Section) -> Iterator[Received]:
    thread = Thread.of(item)
    if thread is None:
        return
    told: list[tuple[Section, object, _Reading]] = [
        (source_of(item), item.get("created_at"), of_source)
    ]
    told += [(part, part.get("created_at"), of_part) for part in listed_parts(item)]
    for each, created, read in told:
        at = number(created)
        if at is None:
            continue
        raw = {"conversation": thread.id, "read": dict(each)}
        try:
            message = read(thread, each, True, raw)
        except MalformedPayload as error:
            _log.warning("received_unreadable", provider=PROVIDER, error=str(error))
            continue
        if message is not None:
            yield _received(message, at)


def _received(message: InboundMessage, at: float) -> Received:
    give = partial(_same, message)
    return Received(message.id, datetime.fromtimestamp(at, UTC), give, give)


def _same(message: InboundMessage) -> InboundMessage:
    return message
