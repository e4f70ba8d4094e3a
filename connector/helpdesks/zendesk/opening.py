"""A ticket is made without what Zendesk will not have of it, and its note says what that was (A32)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape

from connector.domain.tickets import OpenedTicket, TicketDraft, TicketFields
from connector.errors import Rejected
from connector.helpdesks.zendesk.refusals import REQUESTER
from connector.helpdesks.zendesk.requesters import Person, Remark

Make = Callable[[TicketDraft, int | None, str], OpenedTicket]  # draft, requester, idempotency key

# What Zendesk calls it -> what the channel's configuration calls it.
_NAMED = {
    "group": "group",
    "group_id": "group",
    "brand": "brand",
    "brand_id": "brand",
    "ticket_form": "form",
    "ticket_form_id": "form",
    "priority": "priority",
    "tags": "tags",
    "custom_fields": "custom",
    "fields": "custom",
}
_WORDS = {
    "group": "the group",
    "brand": "the brand",
    "form": "the form",
    "priority": "the priority",
    "tags": "the tags",
    "custom": "the ticket fields",
    REQUESTER: "the customer as its requester",
}


@dataclass(frozen=True)
class _Left:
    """What is still asked for."""

    draft: TicketDraft
    person: int | None
    remarks: tuple[Remark, ...]
    key: str  # a refused request may have used its key up, and another body is another request

    @property
    def told(self) -> TicketDraft:
        """With what is missing, for the agent."""
        words = (escape(remark.words).replace("{", "&#123;") for remark in self.remarks)
        told = "".join(f"<p><b>{each}</b></p>" for each in words)
        return replace(self.draft, note_html=self.draft.note_html + told)


def made(draft: TicketDraft, person: Person, make: Make) -> OpenedTicket:
    """Raise Transient or Uncertain, and Rejected where nothing that could be left out was named."""
    left = _Left(draft, person.id, person.remarks, draft.key)
    while True:
        try:
            opened = make(left.told, left.person, left.key)
        except Rejected as refused:
            left = _without(left, refused)
        else:
            return replace(opened, lacks=tuple(r.about for r in left.remarks))


def _without(left: _Left, refused: Rejected) -> _Left:
    fields = left.draft.fields
    names = refused.fields
    fewer = _fewer(fields, names)
    if fewer != fields:
        parts = [part for part in _WORDS if getattr(fields, part, ()) != getattr(fewer, part, ())]
        told = tuple(_remark(part, refused) for part in parts)
        key = "~".join((left.key, *parts))
        return _Left(replace(left.draft, fields=fewer), left.person, (*left.remarks, *told), key)
    blamed = names & {REQUESTER, "requester_id"} if names else fields == TicketFields()
    if left.person is not None and blamed:
        key = f"{left.key}~{REQUESTER}"
        return _Left(left.draft, None, (*left.remarks, _remark(REQUESTER, refused)), key)
    raise refused


def _fewer(fields: TicketFields, names: frozenset[str]) -> TicketFields:
    parts = {_NAMED[name] for name in names if name in _NAMED}
    ours = {name for name, _ in fields.custom}
    if any(name.isdecimal() and name not in ours for name in names):
        parts.add("form")  # a field that we do not send is one that the form asks for
    plain = TicketFields()
    kept = tuple(pair for pair in fields.custom if pair[0] not in names)
    return replace(fields, **{"custom": kept} | {part: getattr(plain, part) for part in parts})


def _remark(part: str, refused: Rejected) -> Remark:
    return Remark(part, f"This ticket was made without {_WORDS[part]}. {refused.meaning}.")
