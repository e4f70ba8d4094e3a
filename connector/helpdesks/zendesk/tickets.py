"""Tickets and comments as the connector writes them, each with our key to find it again by."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from zenpy import Zenpy
from zenpy.lib.api_objects import Comment, Ticket

from connector.domain.ids import ExternalId, TicketId
from connector.domain.tickets import CommentDraft, OpenedTicket, TicketDraft, TicketFields
from connector.errors import Rejected
from connector.helpdesks.zendesk import opening
from connector.helpdesks.zendesk.client import Client, Json
from connector.helpdesks.zendesk.comments import first_keys, newest, stamp
from connector.helpdesks.zendesk.refusals import GONE, Call
from connector.helpdesks.zendesk.requesters import person

LISTED = 10  # tickets with the same external id that are looked into


def open_ticket(client: Client, draft: TicketDraft) -> OpenedTicket:
    source = _closed(client, draft.follows)
    make = partial(_make, client, source)
    return opening.made(draft, person(client, draft.requester), make)


def _make(
    client: Client, source: int | None, draft: TicketDraft, requester: int | None, key: str
) -> OpenedTicket:
    call = Call("open_ticket", key=key)

    def act(zenpy: Zenpy) -> OpenedTicket:
        made = zenpy.tickets.create(_ticket(draft, requester, source)).ticket
        asker = int(made.requester_id) if made.requester_id else requester
        if asker is None:
            raise ValueError("no requester")
        return OpenedTicket(TicketId(str(int(made.id))), ExternalId(str(asker)))

    try:
        return client.write(call, act)
    except Rejected as refused:
        # The key was used before with another body (the requester changed between two attempts).
        # The first attempt's ticket is the ticket.
        if "idempot" not in refused.code.casefold():
            raise
        taken = find_ticket(client, draft)
        if taken is None:
            raise
        return taken


def _closed(client: Client, ticket: TicketId | None) -> int | None:
    """The ticket if a follow-up can be linked to it: Zendesk takes closed ones only."""

    def status(body: Json) -> str:
        return str(body["ticket"]["status"])

    if ticket is None:
        return None
    try:
        found = client.read("read_previous", f"tickets/{ticket}.json", status)
    except Rejected as refused:
        if refused.code != GONE:
            raise
        return None
    return int(ticket) if found == "closed" else None


def _ticket(draft: TicketDraft, requester: int | None, source: int | None) -> Ticket:
    # Without one it is the user that we sign in as.
    more: dict[str, Any] = {} if requester is None else {"requester_id": requester}
    if source is not None:
        # Its tags would be inherited unless others are given, those that steer us among them.
        more |= {"via_followup_source_id": source, "tags": list(draft.fields.tags)}
    return Ticket(
        subject=draft.subject,
        external_id=str(draft.external_id),
        status="new",
        # The first comment's privacy is inherited by later ones: it is always said (A29).
        comment=Comment(html_body=draft.note_html, public=False),
        metadata=stamp(draft.key),
        **_mapped(draft.fields) | more,
    )


def _mapped(fields: TicketFields) -> dict[str, Any]:
    named: dict[str, Any] = {
        "group_id": fields.group,
        "brand_id": fields.brand,
        "ticket_form_id": fields.form,
        "priority": fields.priority,
        "tags": list(fields.tags),
        "custom_fields": [{"id": int(name), "value": value} for name, value in fields.custom],
    }
    return {name: value for name, value in named.items() if value}


def find_ticket(client: Client, draft: TicketDraft) -> OpenedTicket | None:
    """The ticket that carries the episode's id and, in its first comment, this draft's key."""

    def listed(body: Json) -> list[tuple[int, int]]:
        same = [t for t in body["tickets"] if t.get("external_id") == draft.external_id]
        return [(int(t["id"]), int(t["requester_id"])) for t in same[:LISTED]]

    # An external id is not unique: people copy it and follow-ups inherit it.
    for ticket, requester in client.read(
        "find_ticket", "tickets.json", listed, external_id=str(draft.external_id)
    ):
        if draft.key in first_keys(client, ticket):
            return OpenedTicket(TicketId(str(ticket)), ExternalId(str(requester)))
    return None


def add_comment(client: Client, draft: CommentDraft) -> ExternalId:
    said: dict[str, Any] = {"html_body": draft.html, "public": draft.public}
    if draft.author is not None:
        said["author_id"] = int(draft.author)
    if draft.files:
        said["uploads"] = list(draft.files)
    state: dict[str, Any] = {"status": "open"} if draft.reopen else {}

    def act(zenpy: Zenpy) -> ExternalId:
        # A new object for each call: zenpy sends again whatever an object still calls changed.
        answer = zenpy.tickets.update(
            Ticket(
                id=int(draft.ticket),
                comment=Comment(**said),
                metadata=stamp(draft.key, draft.also),
                **state,
            )
        )
        return _comment_of(answer.audit.events)

    return client.write(Call("add_comment"), act)


def _comment_of(events: Any) -> ExternalId:
    for event in events:
        kind = event["type"] if isinstance(event, dict) else event.type
        if kind == "Comment":
            return ExternalId(str(int(event["id"] if isinstance(event, dict) else event.id)))
    raise ValueError("no comment in the audit")


def remove_tags(client: Client, ticket: TicketId, tags: Sequence[str]) -> None:
    """Doing it twice does no harm: what is not there is not missed."""

    def act(zenpy: Zenpy) -> None:
        zenpy.tickets.delete_tags(int(ticket), list(tags))

    client.write(Call("remove_tags", repeatable=True), act)


def find_comment(client: Client, draft: CommentDraft) -> ExternalId | None:
    """The comment that carries this draft's key, looked for from the newest backwards."""
    listed = (c for page in newest(client, draft.ticket) for c in page.comments)
    try:
        return next((c.id for c in listed if draft.key in c.keys), None)
    except Rejected as refused:
        # Without its ticket the comment is nowhere; adding it again will say so.
        if refused.code != GONE:
            raise
        return None
