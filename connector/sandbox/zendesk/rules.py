"""The account's own things: webhooks with their secrets, triggers, macros and ticket fields.

A trigger is checked against what was just written to a ticket, and calls the webhooks that it names.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from secrets import token_urlsafe
from urllib.parse import urlsplit

from connector.sandbox.zendesk.refusals import invalid, missing, only
from connector.sandbox.zendesk.tickets import Ticket
from connector.sandbox.zendesk.users import Json, Users

CONDITIONAL = "conditional_ticket_events"
WEBHOOK = frozenset(
    {
        "name", "description", "endpoint", "http_method", "request_format", "status",
        "subscriptions", "authentication", "custom_headers", "id",
    }
)  # fmt: skip
RULE = frozenset({"title", "active", "conditions", "all", "any", "actions", "description",
                  "position", "category_id", "restriction"})  # fmt: skip
FIELD = frozenset({"type", "title", "active", "description", "required", "position", "tag",
                   "agent_description", "custom_field_options", "regexp_for_validation"})  # fmt: skip
# Zendesk's number of a way in which something was written.
VIAS = {"web": "0", "email": "4", "api": "5", "rule": "8"}
_PLACEHOLDER = re.compile(r"\{\{\s*ticket\.(id|external_id|status)\s*\}\}")


@dataclass
class Webhook:
    facts: Json
    secret: str = field(default_factory=lambda: token_urlsafe(32))

    @property
    def id(self) -> str:
        return str(self.facts["id"])

    @property
    def endpoint(self) -> str:
        return str(self.facts["endpoint"])


class Shelf:
    """Rows of one kind by number, in the order in which they were made."""

    def __init__(self, allowed: frozenset[str], what: str, moment: Callable[[], str]) -> None:
        self._allowed, self._what, self._moment = allowed, what, moment
        self._numbers = itertools.count(7001)
        self.rows: dict[int, Json] = {}

    def add(self, given: object) -> Json:
        facts = only(given, self._allowed, self._what)
        number, now = next(self._numbers), self._moment()
        row = {"id": number, "active": True, "created_at": now, "updated_at": now, **facts}
        self.rows[number] = row
        return row

    def change(self, number: str, given: object) -> Json:
        row = self.get(number)
        row |= only(given, self._allowed, self._what) | {"updated_at": self._moment()}
        return row

    def get(self, number: str) -> Json:
        row = self.rows.get(int(number)) if number.isdecimal() else None
        if row is None:
            raise missing()
        return row


class Rules:
    """Not safe on its own: the twin's lock is held around each call."""

    def __init__(self, users: Users, moment: Callable[[], str]) -> None:
        self._users, self._moment = users, moment
        self._numbers = itertools.count(1)
        self.webhooks: dict[str, Webhook] = {}
        self.triggers = Shelf(RULE, "trigger", moment)
        self.macros = Shelf(RULE, "macro", moment)
        self.fields = Shelf(FIELD, "ticket_field", moment)

    def seed(self, endpoint: str, secret: str) -> None:
        """As if somebody had set it up by hand: every change is told, whoever made it."""
        webhook = self.add_webhook(
            {"name": "By hand", "endpoint": endpoint, "http_method": "POST",
             "request_format": "json", "status": "active", "subscriptions": [CONDITIONAL]}
        )  # fmt: skip
        webhook.secret = secret
        body = '{"ticket_id": "{{ticket.id}}"}'
        act = {"field": "notification_webhook", "value": [webhook.id, body]}
        self.triggers.add(
            {"title": "By hand", "conditions": {"all": [], "any": []}, "actions": [act]}
        )

    # Webhooks

    def add_webhook(self, given: object) -> Webhook:
        facts = only(given, WEBHOOK, "webhook")
        for name in ("name", "endpoint", "http_method", "request_format", "status"):
            if not facts.get(name):
                raise invalid(name, f"{name}: cannot be blank", "BlankValue")
        self._check_webhook(facts)
        number = f"01TWINHOOK{next(self._numbers):016}"
        now = self._moment()
        made = Webhook({"subscriptions": [], **facts, "id": number, "created_at": now})
        self.webhooks[number] = made
        return made

    def change_webhook(self, number: str, given: object) -> None:
        webhook = self.webhook(number)
        facts = only(given, WEBHOOK, "webhook")
        self._check_webhook({**webhook.facts, **facts})
        webhook.facts |= {**facts, "id": number, "updated_at": self._moment()}

    def webhook(self, number: str) -> Webhook:
        if number not in self.webhooks:
            raise missing()
        return self.webhooks[number]

    @staticmethod
    def _check_webhook(facts: Json) -> None:
        if urlsplit(str(facts["endpoint"])).scheme not in ("https", "http"):
            raise invalid("endpoint", "endpoint: is not a URL")
        if facts["http_method"] not in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            raise invalid("http_method", "http_method: is not valid")
        if facts["request_format"] not in ("json", "xml", "form_encoded"):
            raise invalid("request_format", "request_format: is not valid")
        if facts["status"] not in ("active", "inactive"):
            raise invalid("status", "status: is not valid")
        kinds = facts.get("subscriptions") or []
        if CONDITIONAL in kinds and len(kinds) > 1:
            raise invalid("subscriptions", "conditional_ticket_events stands alone")

    # Triggers

    def check_trigger(self, given: Json) -> None:
        conditions = given.get("conditions")
        rows = [*_rows(conditions, "all"), *_rows(conditions, "any")]
        if not rows:
            raise invalid("conditions", "Conditions: cannot be blank", "BlankValue")
        for row in rows:
            if row.get("field") not in _READ or row.get("operator") not in _OPERATORS:
                raise invalid("base", f"Invalid condition: {row.get('field')}")
        if not given.get("actions"):
            raise invalid("actions", "Actions: cannot be blank", "BlankValue")
        for act in given["actions"]:
            called = act.get("field") == "notification_webhook"
            if called and str(act["value"][0]) not in self.webhooks:
                raise invalid("base", "Webhook does not exist")

    def fired(self, ticket: Ticket) -> Iterator[tuple[Webhook, str]]:
        """The webhooks that the ticket's last change calls, each with its body."""
        for trigger in self.triggers.rows.values():
            if not trigger["active"] or not self._fits(trigger["conditions"], ticket):
                continue
            for act in trigger["actions"]:
                webhook = self.webhooks.get(str(act["value"][0]))
                if webhook and webhook.facts["status"] == "active":
                    yield webhook, _filled(str(act["value"][1]), ticket)

    def _fits(self, conditions: Json, ticket: Ticket) -> bool:
        every = all(self._holds(row, ticket) for row in _rows(conditions, "all"))
        some = _rows(conditions, "any")
        return every and (not some or any(self._holds(row, ticket) for row in some))

    def _holds(self, row: Json, ticket: Ticket) -> bool:
        found = _READ[row["field"]](ticket, self._users)
        return _OPERATORS[row["operator"]](found, str(row["value"]))


def _rows(conditions: object, which: str) -> list[Json]:
    found = conditions.get(which) if isinstance(conditions, dict) else None
    return list(found or ())


def _filled(body: str, ticket: Ticket) -> str:
    return _PLACEHOLDER.sub(lambda m: str(ticket.facts.get(m[1]) or ""), body)


def _writer_role(ticket: Ticket, users: Users) -> str:
    person = users.find(ticket.audits[-1]["author_id"]) or {}
    return "end_user" if person.get("role") == "end-user" else "agent"


_READ: dict[str, Callable[[Ticket, Users], str]] = {
    "update_type": lambda t, _: "Create" if len(t.audits) < 2 else "Change",
    "current_via_id": lambda t, _: VIAS.get(t.audits[-1]["via"]["channel"], "0"),
    "role": _writer_role,
    "status": lambda t, _: str(t.facts["status"]),
    "current_tags": lambda t, _: " ".join(t.facts["tags"]),
    "comment_is_public": lambda t, _: str(_is_public(t)).lower(),
}
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "is": lambda found, value: found == value,
    "is_not": lambda found, value: found != value,
    "includes": lambda found, value: bool(set(found.split()) & set(value.split())),
    "not_includes": lambda found, value: not set(found.split()) & set(value.split()),
}


def _is_public(ticket: Ticket) -> bool:
    written = [e for e in ticket.audits[-1]["events"] if e.get("type") == "Comment"]
    return bool(written) and bool(written[0]["public"])
