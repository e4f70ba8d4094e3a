"""Zendesk's people: end users, agents, admins, and how they are recognised."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

from connector.sandbox.zendesk.refusals import invalid, missing, only

Json = dict[str, Any]
ROLES = frozenset({"end-user", "agent", "admin"})
LIGHT_AGENT, AGENT, ADMIN = 1, 0, 4  # role_type
GIVEN = frozenset(
    {
        "id", "name", "email", "phone", "external_id", "role", "alias", "details", "notes", "tags",
        "verified", "skip_verify_email", "locale", "locale_id", "time_zone", "user_fields",
        "identities", "organization_id", "suspended", "active", "shared_phone_number", "signature",
        "moderator", "only_private_comments", "ticket_restriction", "custom_role_id", "photo",
    }
)  # fmt: skip
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_QUERY = re.compile(r'(\w+):("[^"]*"|\S+)|("[^"]*"|\S+)')


class Users:
    """Not safe on its own: the twin's lock is held around each call."""

    def __init__(self, root: Callable[[], str], moment: Callable[[], str]) -> None:
        self._root, self._moment = root, moment
        self._people: dict[int, Json] = {}
        self._ids = itertools.count(360_000_101)
        self._identities: dict[int, list[Json]] = {}

    def all(self) -> list[Json]:
        return list(self._people.values())

    def get(self, number: object) -> Json:
        """Raise RefusedError where there is nobody."""
        person = self.find(number)
        if person is None:
            raise missing()
        return person

    def find(self, number: object) -> Json | None:
        try:
            return self._people.get(int(str(number)))
        except ValueError:
            return None

    def staff(self, name: str) -> Json:
        """The agent of this name, who is taken on if there is none."""
        for person in self._people.values():
            if person["name"] == name and person["role"] != "end-user":
                return person
        return self.make({"name": name, "role": "agent"})

    def make(self, given: Json, role_type: int | None = None) -> Json:
        facts = self._checked(given, None)
        number = next(self._ids)
        role = facts.get("role") or "end-user"
        staff = {"agent": AGENT, "admin": ADMIN}.get(role)
        now = self._moment()
        person: Json = {
            "id": number, "url": f"{self._root()}/api/v2/users/{number}.json",
            "name": "", "email": None, "created_at": now, "updated_at": now,
            "time_zone": "UTC", "iana_time_zone": "Etc/UTC", "phone": None,
            "shared_phone_number": None, "photo": None, "locale_id": 1, "locale": "en-US",
            "organization_id": None, "role": role, "verified": False, "external_id": None,
            "tags": [], "alias": None, "active": True, "shared": False, "shared_agent": False,
            "last_login_at": None, "signature": None, "details": None, "notes": None,
            "role_type": staff if role_type is None else role_type, "custom_role_id": None,
            "moderator": role == "admin", "ticket_restriction": None,
            "only_private_comments": role_type == LIGHT_AGENT, "restricted_agent": False,
            "suspended": False, "default_group_id": None, "report_csv": False, "user_fields": {},
        }  # fmt: skip
        self._people[number] = person
        self._identities[number] = []
        self._take(person, facts)
        return person

    def update(self, person: Json, given: Json) -> Json:
        self._take(person, self._checked(given, person))
        person["updated_at"] = self._moment()
        return person

    def create_or_update(self, given: Json) -> tuple[Json, bool]:
        """Recognised by external id or e-mail, never by phone. True if the person is new."""
        only(given, GIVEN, "user")
        known = self.by("external_id", given.get("external_id")) or self.by(
            "email", given.get("email")
        )
        if known is None:
            return self.make(given), True
        return self.update(known, given), False

    def by(self, field: str, value: object) -> Json | None:
        wanted = str(value or "").casefold()
        if not wanted:
            return None
        same = (p for p in self._people.values() if str(p[field] or "").casefold() == wanted)
        return next(same, None)

    def _checked(self, given: Json, person: Json | None) -> Json:
        facts = {k: v for k, v in only(given, GIVEN, "user").items() if k != "id"}
        if person is None and not str(facts.get("name") or "").strip():
            raise invalid("name", "Name: is too short (minimum one character)", "ValueTooShort")
        email = facts.get("email")
        if email and not _EMAIL.fullmatch(str(email)):
            raise invalid("email", f"Email: {email} is not properly formatted")
        if facts.get("role", "end-user") not in ROLES:
            raise invalid("role", "Role: is invalid")
        for field in ("email", "external_id"):
            same = self.by(field, facts.get(field))
            if same is not None and same is not person:
                name = field.replace("_", " ").capitalize()
                raise invalid(field, f"{name}: has already been taken", "DuplicateValue")
        return facts

    def _take(self, person: Json, facts: Json) -> None:
        identities = facts.pop("identities", None) or []
        facts.pop("skip_verify_email", None)
        if facts.get("phone") and facts["phone"] != person["phone"]:
            # A number that somebody has already is shared: it identifies nobody.
            shared = any(p["phone"] == facts["phone"] for p in self._people.values())
            person["shared_phone_number"] = shared
            if not shared:
                self.add_identity(person, {"type": "phone_number", "value": facts["phone"]})
        if facts.get("email") and facts["email"] != person["email"]:
            self.add_identity(person, {"type": "email", "value": facts["email"]})
        person.update(facts)
        for identity in identities:
            self.add_identity(person, identity)

    def identities(self, person: Json) -> list[Json]:
        return self._identities[person["id"]]

    def add_identity(self, person: Json, given: Json) -> Json:
        kind, value = given.get("type"), given.get("value")
        if kind not in ("email", "phone_number", "twitter", "facebook", "google", "messaging"):
            raise invalid("type", "Type: is invalid")
        if not value:
            raise invalid("value", "Value: cannot be blank", "BlankValue")
        own = self._identities[person["id"]]
        identity = {
            "id": next(self._ids), "user_id": person["id"], "type": kind, "value": value,
            "verified": bool(given.get("verified")), "created_at": self._moment(),
            "updated_at": self._moment(),
            "primary": not any(i["type"] == kind for i in own),
        }  # fmt: skip
        own.append(identity)
        return identity

    def drop_identity(self, person: Json, number: str) -> None:
        own = self._identities[person["id"]]
        if number not in [str(i["id"]) for i in own]:
            raise missing()
        own[:] = [i for i in own if str(i["id"]) != number]

    def search(self, query: str) -> list[Json]:
        """Words and `field:value`, all of which must fit."""
        wanted = [(m[1] or "", (m[2] or m[3]).strip('"')) for m in _QUERY.finditer(query)]
        return [p for p in self._people.values() if all(_fits(p, *each) for each in wanted)]


def _fits(person: Json, field: str, value: str) -> bool:
    if field == "type":
        return value == "user"
    if field:
        return str(person.get(field) or "").casefold() == value.casefold()
    found = " ".join(str(person[f] or "") for f in ("name", "email", "phone", "external_id"))
    return value.casefold() in found.casefold()
