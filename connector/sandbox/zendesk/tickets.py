"""Zendesk's tickets: what may be written to them, and the audit that each writing leaves."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from connector.sandbox.zendesk import text
from connector.sandbox.zendesk.refusals import (
    RefusedError,
    closed,
    invalid,
    missing,
    only,
    suspended,
)
from connector.sandbox.zendesk.uploads import Uploads
from connector.sandbox.zendesk.users import LIGHT_AGENT, Json, Users

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
TYPES = ("problem", "incident", "question", "task")
MAX_COMMENTS = 5000
SYSTEM = -1
GIVEN = frozenset(
    {
        "id", "subject", "comment", "requester", "requester_id", "submitter_id", "assignee_id",
        "external_id", "tags", "additional_tags", "remove_tags", "custom_fields", "fields",
        "brand_id", "group_id", "ticket_form_id", "priority", "status", "type", "metadata", "via",
        "recipient", "safe_update", "updated_stamp", "via_followup_source_id", "custom_status_id",
        "email_ccs", "followers", "due_at", "problem_id", "organization_id", "raw_subject",
    }
)  # fmt: skip
COMMENT = frozenset({"body", "html_body", "public", "author_id", "uploads", "type"})
PLAIN = (
    "subject", "external_id", "priority", "status", "type", "assignee_id", "group_id", "brand_id",
    "ticket_form_id", "requester_id", "recipient", "due_at",
)  # fmt: skip
API: Json = {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}}


@dataclass(frozen=True)
class Known:
    """The ids that exist in this account; None takes any."""

    groups: Mapping[int, str] | None = None
    brands: Collection[int] | None = None
    forms: Collection[int] | None = None
    fields: Collection[int] | None = None


@dataclass
class Ticket:
    facts: Json
    comments: list[Json] = field(default_factory=list)
    audits: list[Json] = field(default_factory=list)
    deleted: bool = False

    @property
    def id(self) -> int:
        return int(self.facts["id"])


@dataclass(frozen=True)
class Writer:
    """Who writes, and by which way."""

    user: int
    via: Json


class Tickets:
    """Not safe on its own: the twin's lock is held around each call."""

    def __init__(
        self,
        users: Users,
        uploads: Uploads,
        known: Known,
        root: Callable[[], str],
        moment: Callable[[], str],
    ) -> None:
        self._users, self.uploads, self._known = users, uploads, known
        self._root, self._moment = root, moment
        self._tickets: dict[int, Ticket] = {}
        self._numbers = itertools.count(1)
        self._ids = itertools.count(9_000_000_001)

    def all(self) -> list[Ticket]:
        return [t for t in self._tickets.values() if not t.deleted]

    def get(self, number: object) -> Ticket:
        """Raise RefusedError for a ticket that never was or is deleted."""
        ticket = self._tickets.get(int(str(number))) if str(number).isdecimal() else None
        if ticket is None or ticket.deleted:
            raise missing()
        return ticket

    def create(self, given: Json, writer: Writer) -> tuple[Ticket, Json]:
        only(given, GIVEN, "ticket")
        if not given.get("comment"):
            raise invalid("base", "Description: cannot be blank", "BlankValue")
        self._check(given)
        requester = self._requester(given, writer)
        source = self._source(given)
        # Nothing is kept of a ticket whose comment is refused.
        comment = self._comment(None, given, self._first_author(given, requester, writer))
        ticket = Ticket(self._new_facts(requester, source, given, writer))
        events = self._apply(ticket, {**given, "requester_id": requester})
        self._tickets[ticket.id] = ticket
        ticket.facts["description"] = comment["plain_body"]
        return ticket, self._audit(ticket, given, writer, comment, events)

    def update(self, ticket: Ticket, given: Json, writer: Writer) -> Json:
        only(given, GIVEN, "ticket")
        if ticket.facts["status"] == "closed":
            raise closed()
        self._check_stamp(ticket, given)
        self._check(given)
        if "requester_id" in given:
            self._existing(given["requester_id"], "requester_id")
        said = given.get("comment")
        comment = self._comment(ticket, given, writer.user) if said else None
        events = self._apply(ticket, given)
        ticket.facts["updated_at"] = self._moment()
        return self._audit(ticket, given, writer, comment, events)

    def _requester(self, given: Json, writer: Writer) -> int:
        if isinstance(given.get("requester"), dict):
            return int(self._users.create_or_update(given["requester"])[0]["id"])
        if given.get("requester_id") is None:
            return writer.user
        return self._existing(given["requester_id"], "requester_id")

    def _existing(self, number: object, field: str) -> int:
        person = self._users.find(number)
        if person is None or not person["active"]:
            name = field.replace("_id", "").capitalize()
            raise invalid(field.replace("_id", ""), f"{name}: is invalid")
        if person["suspended"] and field == "requester_id":
            raise suspended()
        return int(person["id"])

    def _source(self, given: Json) -> Ticket | None:
        """The closed ticket that this one follows."""
        if given.get("via_followup_source_id") is None:
            return None
        source = self.get(given["via_followup_source_id"])
        if source.facts["status"] != "closed":
            raise invalid("base", "Followup: source ticket must be closed")
        source.facts["followup_ids"].append(0)
        return source

    @staticmethod
    def _first_author(given: Json, requester: int, writer: Writer) -> int:
        if given.get("via_followup_source_id") is not None:
            return writer.user
        return int(given.get("submitter_id") or (requester if given.get("requester") else 0)
                   or writer.user)  # fmt: skip

    def _check(self, given: Json) -> None:
        for name, allowed in (("status", STATUSES), ("priority", PRIORITIES), ("type", TYPES)):
            if given.get(name) is not None and given[name] not in allowed:
                raise invalid(name, f"{name.capitalize()}: {given[name]} is not included in list")
        for name, ids in (
            ("group_id", self._known.groups),
            ("brand_id", self._known.brands),
            ("ticket_form_id", self._known.forms),
        ):
            if given.get(name) is not None and ids is not None and int(given[name]) not in ids:
                short = name.removesuffix("_id")
                raise invalid(short, f"{short.capitalize()}: is invalid")
        if given.get("assignee_id") is not None:
            self._existing(given["assignee_id"], "assignee_id")
        for entry in given.get("custom_fields") or ():
            only(entry, frozenset({"id", "value"}), "custom_fields")
            if self._known.fields is not None and int(entry["id"]) not in self._known.fields:
                raise invalid("custom_fields", f"Custom field: {entry['id']} is invalid")

    @staticmethod
    def _check_stamp(ticket: Ticket, given: Json) -> None:
        # Zendesk takes even safe_update=false for a yes.
        if "safe_update" in given and given.get("updated_stamp") != ticket.facts["updated_at"]:
            raise RefusedError(
                409,
                "UpdateConflict",
                "Safe Update prevented the update due to outdated ticket data. "
                "Please fetch the latest ticket data and try again.",
            )

    def _new_facts(
        self, requester: int, source: Ticket | None, given: Json, writer: Writer
    ) -> Json:
        number, now = next(self._numbers), self._moment()
        via = writer.via
        if source:
            source.facts["followup_ids"][-1] = number
            origin = {"ticket_id": source.id, "subject": source.facts["subject"]}
            via = {**via, "source": {"from": origin, "to": {}, "rel": "follow_up"}}
        return {
            "url": f"{self._root()}/api/v2/tickets/{number}.json", "id": number,
            "external_id": None, "via": via, "created_at": now, "updated_at": now,
            "type": None, "subject": None, "raw_subject": None, "description": None,
            "priority": None, "status": "new", "recipient": None, "requester_id": requester,
            "submitter_id": given.get("submitter_id") or writer.user, "assignee_id": None,
            "organization_id": None, "group_id": None, "collaborator_ids": [],
            "follower_ids": [], "email_cc_ids": [], "forum_topic_id": None, "problem_id": None,
            "has_incidents": False, "is_public": True, "due_at": None,
            "tags": list(source.facts["tags"]) if source else [], "custom_fields": [],
            "satisfaction_rating": None, "sharing_agreement_ids": [], "custom_status_id": 1,
            "fields": [], "followup_ids": [], "ticket_form_id": None, "brand_id": None,
            "allow_channelback": False, "allow_attachments": True,
            "from_messaging_channel": False,
        }  # fmt: skip

    def _apply(self, ticket: Ticket, given: Json) -> list[Json]:
        facts, before = ticket.facts, dict(ticket.facts)
        facts.update({name: given[name] for name in PLAIN if name in given})
        facts["raw_subject"] = facts["subject"]
        if facts["assignee_id"] and facts["status"] == "new":
            facts["status"] = "open"
        tags = list(given["tags"]) if "tags" in given else facts["tags"]
        removed = set(given.get("remove_tags") or ())
        tags = [t for t in (*tags, *(given.get("additional_tags") or ())) if t not in removed]
        facts["tags"] = list(dict.fromkeys(str(t).lower() for t in tags))
        values = {entry["id"]: entry for entry in facts["custom_fields"]}
        values |= {entry["id"]: dict(entry) for entry in given.get("custom_fields") or ()}
        facts["custom_fields"] = facts["fields"] = list(values.values())
        changed = (*PLAIN, "tags")
        return [
            {
                "id": next(self._ids), "type": "Change" if ticket.audits else "Create",
                "field_name": name, "value": facts[name], "previous_value": before[name],
            }
            for name in changed if facts[name] != before[name]
        ]  # fmt: skip

    def _comment(self, ticket: Ticket | None, given: Json, default_author: int) -> Json:
        said = only(given["comment"], COMMENT, "comment")
        if not any(str(said.get(part) or "").strip() for part in ("body", "html_body", "uploads")):
            raise invalid("base", "Description: cannot be blank", "BlankValue")
        if ticket is not None and len(ticket.comments) >= MAX_COMMENTS:
            raise invalid("base", "Comment limit exceeded for this ticket")
        number = said.get("author_id")
        author = default_author if number is None else self._author(number)
        values = self._placeholders(ticket, given, author)
        if str(said.get("html_body") or "").strip():
            html, plain = text.from_html(said["html_body"], values)
        else:
            html, plain = text.from_body(str(said.get("body") or ""), values)
        return {
            "id": 0, "type": "Comment", "author_id": author, "body": plain, "html_body": html,
            "plain_body": plain, "public": self._is_public(ticket, said, author),
            "attachments": self.uploads.take(said.get("uploads")), "audit_id": 0,
        }  # fmt: skip

    def _author(self, number: object) -> int:
        return SYSTEM if number == SYSTEM else self._existing(number, "author_id")

    def _is_public(self, ticket: Ticket | None, said: Json, author: int) -> bool:
        person = self._users.find(author)
        if person and person["role_type"] == LIGHT_AGENT:
            return False
        # The first comment's privacy is what later ones get that do not say.
        default = ticket.comments[0]["public"] if ticket and ticket.comments else True
        public = said.get("public")
        if public is not None and not isinstance(public, bool):
            raise invalid("comment", "Comment: public must be true or false")
        return default if public is None else public

    def _placeholders(self, ticket: Ticket | None, given: Json, author: int) -> dict[str, str]:
        facts = {**(ticket.facts if ticket else {}), **given}
        requester = self._users.find(facts.get("requester_id")) or {}
        return text.placeholders(facts, requester, self._users.find(author) or {})

    def record(self, ticket: Ticket, event: Json, writer: Writer) -> None:
        """An audit of what is no update: a redaction, say."""
        ticket.facts["updated_at"] = self._moment()
        self._audit(ticket, {}, writer, None, [{"id": next(self._ids), **event}])

    def _audit(self, ticket: Ticket, given: Json, writer: Writer, comment: Json | None,
               events: list[Json]) -> Json:  # fmt: skip
        now = self._moment()
        metadata = {"system": {"client": "api"}, "custom": given.get("metadata") or {}}
        number = next(self._ids)
        audit = {
            "id": number, "ticket_id": ticket.id, "created_at": now, "author_id": writer.user,
            "metadata": metadata, "events": events, "via": writer.via,
        }  # fmt: skip
        if comment is not None:
            comment |= {"id": next(self._ids), "audit_id": number}
            events.insert(0, dict(comment))
            ticket.comments.append(
                {**comment, "via": writer.via, "created_at": now, "metadata": metadata}
            )
            ticket.facts["is_public"] = any(c["public"] for c in ticket.comments)
        ticket.audits.append(audit)
        return audit
