"""The customer as a Zendesk user: found, or made once, however often it is asked for.

Nobody is merged and nobody guessed. What stands in the way of a person never stands in the way of
the ticket: it is then made without the person, and says so (A30, A32).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from zenpy import Zenpy
from zenpy.lib.api_objects import User

from connector.domain.tickets import Requester
from connector.errors import Rejected, Transient
from connector.helpdesks.zendesk.client import Client, Json
from connector.helpdesks.zendesk.refusals import Call

_MAKE = Call("make_requester", repeatable=True)  # Zendesk recognises the external id
_SPACING = str.maketrans("", "", " -().\u00a0")
_END_USER = "end-user"
# So long a customer is not told that it takes time: a ticket without the person is better then.
WORTH_WAITING = timedelta(seconds=10)


@dataclass(frozen=True)
class Remark:
    """What a ticket lacks: for the operator's alert, and in words for the agent."""

    about: str
    words: str


@dataclass(frozen=True)
class Person:
    id: int | None  # None: the ticket is made without them
    remarks: tuple[Remark, ...] = ()


def person(client: Client, requester: Requester) -> Person:
    """By external id, else by phone, else made. Raise Transient."""
    own = _by_external_id(client, requester.external_id)
    if own is not None:
        return _suspended(own) if own.get("suspended") else Person(int(own["id"]))
    same = _by_phone(client, requester.phone) if requester.phone else []
    if len(same) == 1:
        return _suspended(same[0]) if same[0].get("suspended") else Person(int(same[0]["id"]))
    return _make(client, requester, sorted(int(user["id"]) for user in same))


def _suspended(user: Json) -> Person:
    words = (
        f"The customer is the suspended user #{user['id']}, for whom Zendesk takes no tickets: this "
        "one was made without them. Lift the suspension and set the requester, or leave it."
    )
    return Person(None, (Remark("suspended_requester", words),))


def _by_external_id(client: Client, external_id: str) -> Json | None:
    wanted = external_id.casefold()  # Zendesk ignores the case of these ids

    def mine(body: Json) -> Json | None:
        for user in body["users"]:
            if str(user.get("external_id") or "").casefold() == wanted and _alive(user):
                return {"id": int(user["id"]), "suspended": user.get("suspended") is True}
        return None

    return client.read("find_requester", "users/search.json", mine, external_id=external_id)


def _by_phone(client: Client, phone: str) -> list[Json]:
    """End users with exactly this number: an agent who texts us must not become an author here.

    Suspended ones count where nobody else has it: they are known, and not wanted.
    """

    def same(body: Json) -> list[Json]:
        found = list(_callable(body["users"], phone))
        return [user for user in found if not user["suspended"]] or found

    return client.read("find_requester", "users/search.json", same, query=f'phone:"{phone}"')


def _callable(people: Iterable[Any], phone: str) -> Iterable[Json]:
    for user in people:
        same = str(user.get("phone") or "").translate(_SPACING) == phone
        if same and user.get("role") == _END_USER and _alive(user):
            yield {"id": int(user["id"]), "suspended": user.get("suspended") is True}


def _alive(user: Json) -> bool:
    return user.get("active") is not False


def _make(client: Client, requester: Requester, same: list[int]) -> Person:
    name = requester.name.strip() or requester.phone or requester.external_id
    facts: dict[str, Any] = {
        "name": name,
        "external_id": requester.external_id,
        "role": _END_USER,
        "skip_verify_email": True,
        # A number that nobody has becomes an identity as well; one that is shared identifies nobody.
        "phone": requester.phone,
        "locale": requester.language,
    }
    facts = {key: value for key, value in facts.items() if value}
    remarks: tuple[Remark, ...] = ()
    if same:
        ids = ", ".join(f"#{i}" for i in same[:10])
        facts["notes"] = f"Shares the phone number with other people here, not merged: {ids}"
        words = f"Several people here have the customer's number ({ids}). None was taken for them."
        remarks = (Remark("one_of_several_people", words),)
    try:
        return Person(_put(client, facts, ("phone", "locale", "notes")), remarks)
    except Transient as limit:
        if limit.status != 429 or (limit.retry_after or timedelta()) <= WORTH_WAITING:
            raise
        words = (
            "Zendesk takes no more new people for now: this ticket was made without the customer."
        )
        return Person(None, (*remarks, Remark("requester_over_quota", words)))
    except Rejected as refused:
        words = f"The customer could not be made a person here: {refused.meaning}."
        return Person(None, (*remarks, Remark("requester", words)))


def _put(client: Client, facts: dict[str, Any], optional: tuple[str, ...]) -> int:
    """Without what Zendesk names, else without all that is optional, if it refuses."""

    def act(zenpy: Zenpy) -> int:
        return int(zenpy.users.create_or_update(User(**facts)).id)

    spare = [name for name in optional if name in facts]
    try:
        return client.write(_MAKE, act)
    except Rejected as refused:
        if not spare:
            raise
        named = refused.fields
    dropped = [name for name in spare if name in named] or spare
    left = {name: value for name, value in facts.items() if name not in dropped}
    return _put(client, left, optional)
