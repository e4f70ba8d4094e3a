"""The twins as the page's sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.sandbox.faults import Fault, Order
from connector.sandbox.page import sources as page
from connector.sandbox.page.facts import RecentFacts
from connector.sandbox.page.phones import Phones
from connector.sandbox.stage import Stage
from connector.sandbox.twin import Twin
from connector.sandbox.zendesk.agents import MACROS, TicketView
from connector.sandbox.zendesk.refusals import RefusedError

CLOSE, DELETE, SPAM = "Close for good", "Delete", "Mark as spam"
AGENT = "Ana Silva"
# What a person may want to see fail, in the words of the page, and what it is over HTTP.
OPERATIONS: Mapping[str, Mapping[str, str]] = {
    "Twilio": {"Send a message": "POST /2010-04-01/Accounts/*/Messages.json"},
    "WhatsApp": {"Send a message": "POST */messages"},
    "Telegram": {"Send a message": "POST /bot*/send*"},
    "Intercom": {"Send a message": "POST /conversations/*/reply"},
    "Zendesk": {
        "Open a ticket": "POST /api/v2/tickets*",
        "Add a comment": "PUT /api/v2/tickets/*",
        "Read comments": "GET /api/v2/tickets/*/comments*",
        "Everything": "* /api/v2/*",
    },
    "Anthropic": {"Answer or summarise": "POST /v1/messages"},
}
RETRY_AFTER = {"Retry-After": "5"}
KINDS: Mapping[page.FaultKind, Fault] = {
    "unavailable": Fault(status=503, headers=RETRY_AFTER),
    "throttled": Fault(status=429, headers=RETRY_AFTER),
    "reset_before": Fault(reset=True),
    "reset_after": Fault(reset=True, when="after"),
    "delay": Fault(delay=5.0),
}


def sources(stage: Stage, facts: RecentFacts) -> page.Sources:
    return page.Sources(
        phone=Phones(stage), desk=_Desk(stage), faults=_Faults(stage), facts=facts,
        changes=stage.changes,
    )  # fmt: skip


class _Desk:
    def __init__(self, stage: Stage) -> None:
        self._zendesk = stage.zendesk

    def tickets(self) -> Sequence[page.Ticket]:
        return [_ticket(t) for t in self._zendesk.tickets()]

    def reply(self, ticket: int, text: str, *, public: bool, solve: bool) -> None:
        try:
            self._zendesk.agent_replies(ticket, text, author=AGENT, public=public, solve=solve)
        except RefusedError as error:
            raise page.RefusedError(_sentence(error)) from None

    def set_status(self, ticket: int, status: page.TicketStatus) -> None:
        try:
            self._zendesk.set_status(ticket, status, by=AGENT)
        except RefusedError as error:
            raise page.RefusedError(_sentence(error)) from None

    def actions(self) -> Sequence[str]:
        return [*MACROS, CLOSE, DELETE, SPAM]

    def act(self, ticket: int, action: str) -> None:
        try:
            if action == CLOSE:
                self._zendesk.set_status(ticket, "closed", by=AGENT)
            elif action == DELETE:
                self._zendesk.delete(ticket)
            elif action == SPAM:
                self._zendesk.mark_as_spam(ticket)
            else:
                self._zendesk.apply_macro(ticket, action, by=AGENT)
        except RefusedError as error:
            raise page.RefusedError(_sentence(error)) from None

    def merge(self, ticket: int, into: int) -> None:
        try:
            self._zendesk.merge(ticket, into, by=AGENT)
        except RefusedError as error:
            raise page.RefusedError(_sentence(error)) from None


def _sentence(error: RefusedError) -> str:
    if error.status == 404:
        return "This ticket is not there any more."
    return "This ticket is closed and takes no more comments."


def _ticket(made: TicketView) -> page.Ticket:
    return page.Ticket(
        id=made.id,
        subject=made.subject,
        status=made.status,
        priority=made.priority,
        group=made.group,
        tags=made.tags,
        requester=made.requester,
        requester_phone=made.requester_phone,
        comments=tuple(
            page.Comment(
                str(c.id),
                c.author,
                c.role,
                c.public,
                c.html,
                c.plain,
                c.at,
                tuple(page.Attachment(a.name, a.kind, a.url) for a in c.attachments),
            )
            for c in made.comments
        ),
    )


class _Faults:
    def __init__(self, stage: Stage) -> None:
        self._changes = stage.changes
        self._twins: Mapping[str, Twin] = {
            "Twilio": stage.twilio,
            "WhatsApp": stage.whatsapp,
            "Telegram": stage.telegram,
            "Intercom": stage.intercom,
            "Zendesk": stage.zendesk,
            "Anthropic": stage.anthropic,
        }

    def operations(self) -> Mapping[str, Sequence[str]]:
        return {twin: list(named) for twin, named in OPERATIONS.items()}

    def active(self) -> Sequence[page.FaultOrder]:
        return [
            found
            for name, twin in self._twins.items()
            for order in twin.faults.active()
            if (found := _order(name, order)) is not None
        ]

    def add(self, order: page.FaultOrder) -> None:
        match = OPERATIONS[order.twin][order.operation]
        self._twins[order.twin].faults.add(match, KINDS[order.kind], order.times)
        self._changes.bump()

    def clear(self) -> None:
        for twin in self._twins.values():
            twin.faults.clear()
        self._changes.bump()


def _order(twin: str, order: Order) -> page.FaultOrder | None:
    """In the page's words; None for what was ordered through the twin's own door."""
    operation = next((o for o, m in OPERATIONS[twin].items() if m == order.match), None)
    kind = next((k for k, f in KINDS.items() if f == order.fault), None)
    if operation is None or kind is None:
        return None
    return page.FaultOrder(twin, operation, kind, order.left or 0)
