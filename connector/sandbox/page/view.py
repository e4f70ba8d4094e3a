"""The whole page as one JSON object: every tab draws the same thing from it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import nh3

from connector.sandbox.page.sentences import Part, holder, sentence, words
from connector.sandbox.page.sources import (
    FAULT_KINDS,
    App,
    Attachment,
    Comment,
    Fact,
    PhoneMessage,
    Sources,
    Ticket,
)

Json = dict[str, object]
_EVIDENCE = frozenset(
    {"evidence", "score", "threshold", "reason", "triggers", "quote", "source", "also"}
)
_QUOTED = frozenset({"webhook_stored", "handoff_decided", "triggers_considered"})


def state(sources: Sources) -> Json:
    """Everything that is to be seen now."""
    phone = sources.phone
    apps = phone.apps()
    conversations = {who: list(phone.conversation(who)) for app in apps for who in app.customers}
    tickets = sources.desk.tickets()
    facts = sources.facts.facts()
    whose = _Whose(conversations, tickets, facts)
    names = {who: f"{app.label} {_name(app, who)}" for app in apps for who in app.customers}
    return {
        "apps": [{"key": app.key, "label": app.label, "number": app.reached_at} for app in apps],
        "customers": [
            {
                "address": who,
                "app": app.key,
                "name": _name(app, who),
                "holder": whose.holder(who),
                "typing_until": _maybe(phone.typing_until(who)),
                "messages": [_message(message) for message in messages],
            }
            for app in apps
            for who, messages in ((one, conversations[one]) for one in app.customers)
        ],
        "tickets": [_ticket(ticket) for ticket in tickets],
        "facts": [_fact(fact, whose, names) for fact in facts],
        "faults": {
            "kinds": [{"id": kind, "label": label} for kind, label in FAULT_KINDS.items()],
            "operations": {
                twin: list(names) for twin, names in sources.faults.operations().items()
            },
            "active": [asdict(order) for order in sources.faults.active()],
        },
    }


class _Whose:
    """Finds the customer whom a fact is about. Facts hold our ids only, some of them also a
    provider's id; one such fact ties a conversation to a customer for all the others."""

    def __init__(
        self,
        conversations: Mapping[str, Sequence[PhoneMessage]],
        tickets: Iterable[Ticket],
        facts: Sequence[Fact],
    ) -> None:
        self._messages = {m.sid: (who, m) for who, ms in conversations.items() for m in ms}
        known = {who.rpartition(":")[2]: who for who in conversations}
        phones = {str(t.id): t.requester_phone for t in tickets if t.requester_phone}
        self._tickets = {ticket: known.get(phone, phone) for ticket, phone in phones.items()}
        self._conversations: dict[str, str] = {}
        self._facts = facts
        for fact in facts:
            conversation, customer = fact.fields.get("conversation"), self._direct(fact)
            if conversation is not None and customer is not None:
                self._conversations[str(conversation)] = customer

    def customer(self, fact: Fact) -> str | None:
        known = self._conversations.get(str(fact.fields.get("conversation")))
        return known or self._direct(fact)

    def holder(self, customer: str) -> str:
        """Who has the conversation, as the newest fact about it says; the bot has a new one."""
        for fact in reversed(self._facts):
            if fact.name == "holder_changed" and self.customer(fact) == customer:
                return holder(fact.fields.get("holder"))
        return "bot"

    def quote(self, fact: Fact) -> str | None:
        """What the customer wrote that the fact points at, or had written last before it. Only
        the phone knows the text."""
        for name in _ids(fact.fields.values()):
            if name in self._messages and self._messages[name][1].direction == "inbound":
                return self._messages[name][1].text
        if fact.name != "handoff_decided":
            return None
        who = self.customer(fact)
        written = [m for one, m in self._messages.values() if one == who and m.at <= fact.at]
        return next((m.text for m in reversed(written) if m.direction == "inbound"), None)

    def all_known(self, value: object) -> bool:
        return all(name in self._messages for name in _ids([value]))

    def _direct(self, fact: Fact) -> str | None:
        for value in _ids(fact.fields.values()):
            if value in self._messages:
                return self._messages[value][0]
        return self._tickets.get(str(fact.fields.get("ticket")))


def _ids(values: Iterable[object]) -> Iterable[str]:
    for value in values:
        if isinstance(value, Mapping):
            yield from _ids(value.values())
        elif isinstance(value, list | tuple):
            yield from _ids(value)
        else:
            yield str(value)


def _message(message: PhoneMessage) -> Json:
    return {
        "sid": message.sid,
        "inbound": message.direction == "inbound",
        "text": message.text,
        "at": _moment(message.at),
        "status": message.status,
        "error_code": message.error_code,
        "media": [_attachment(item) for item in message.media],
        "choices": list(message.choices),
    }


def _ticket(ticket: Ticket) -> Json:
    return {
        "id": ticket.id,
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "group": ticket.group,
        "tags": list(ticket.tags),
        "requester": ticket.requester,
        "requester_phone": ticket.requester_phone,
        "comments": [_comment(comment) for comment in ticket.comments],
    }


def _comment(comment: Comment) -> Json:
    return {
        "id": comment.id,
        "author": comment.author,
        "role": comment.role,
        "public": comment.public,
        # The page rebuilds this from its own list. Handlers and styles go here, before a browser
        # reads them: its policy stops them, but complains in the console of every agent.
        "html": nh3.clean(comment.html),
        "plain": comment.plain,
        "at": _moment(comment.at),
        "attachments": [_attachment(item) for item in comment.attachments],
    }


def _attachment(item: Attachment) -> Json:
    # A link to anything but a web address could run a script when it is clicked.
    url = item.url if item.url.startswith(("https://", "http://")) else None
    return {"name": item.name, "kind": item.kind, "url": url}


def _name(app: App, customer: str) -> str:
    return customer.removeprefix(f"{app.key}:")


def _fact(fact: Fact, whose: _Whose, names: Mapping[str, str]) -> Json:
    customer = whose.customer(fact)
    told = sentence(fact)
    quote = whose.quote(fact) if fact.name in _QUOTED else None
    # What is quoted need not be named as well.
    evidence = {k: v for k, v in told.rest.items() if not (quote and whose.all_known(v))}
    return {
        "id": fact.id,
        "at": _moment(fact.at),
        "name": fact.name,
        "icon": told.icon,
        "tone": told.tone,
        "parts": [_part(part) for part in told.parts],
        "evidence": _labelled(evidence, _EVIDENCE.__contains__),
        "details": _labelled(told.rest, lambda key: key not in _EVIDENCE),
        "quote": quote,
        "customer": names.get(customer, customer) if customer else None,
    }


def _part(part: Part) -> Json:
    return {"text": part.text, "mark": part.mark, "at": part.at and _moment(part.at)}


def _labelled(fields: Mapping[str, object], wanted: Callable[[str], bool]) -> list[Json]:
    return [
        {"label": key.replace("_", " "), "value": words(value)}
        for key, value in fields.items()
        if wanted(key)
    ]


def _maybe(at: datetime | None) -> str | None:
    return _moment(at) if at else None


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
