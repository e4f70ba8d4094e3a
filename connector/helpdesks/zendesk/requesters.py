"""The customer as a Zendesk user: found, or made once, however often it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zenpy import Zenpy
from zenpy.lib.api_objects import User

from connector.domain.tickets import Requester
from connector.errors import Rejected
from connector.helpdesks.zendesk.client import Client, Json
from connector.helpdesks.zendesk.refusals import Call

_MAKE = Call("make_requester", repeatable=True)  # Zendesk recognises the external id
_SPACING = str.maketrans("", "", " -().\u00a0")
_END_USER = "end-user"


def requester_id(client: Client, requester: Requester) -> int:
    """Raise Transient, or Rejected if Zendesk will not have this person."""
    own = _by_external_id(client, requester.external_id)
    if own is not None:
        return own
    alike = _by_phone(client, requester.phone) if requester.phone else []
    if len(alike) == 1:
        return alike[0]
    # Several people share the number: none is merged or guessed, and the new one says so (A30).
    return _make(client, requester, alike)


def _by_external_id(client: Client, external_id: str) -> int | None:
    wanted = external_id.casefold()  # Zendesk ignores the case of these ids

    def mine(body: Json) -> int | None:
        for user in body["users"]:
            if str(user.get("external_id") or "").casefold() == wanted and _alive(user):
                return int(user["id"])
        return None

    return client.read("find_requester", "users/search.json", mine, external_id=external_id)


def _by_phone(client: Client, phone: str) -> list[int]:
    """End users with exactly this number: an agent who texts us must not become an author here."""

    def alike(body: Json) -> list[int]:
        return sorted(int(u["id"]) for u in _callable(body["users"], phone))

    return client.read("find_requester", "users/search.json", alike, query=f'phone:"{phone}"')


def _callable(people: Iterable[Any], phone: str) -> Iterable[Any]:
    for user in people:
        same = str(user.get("phone") or "").translate(_SPACING) == phone
        if same and user.get("role") == _END_USER and _alive(user) and not user.get("suspended"):
            yield user


def _alive(user: Json) -> bool:
    return user.get("active") is not False


def _make(client: Client, requester: Requester, alike: list[int]) -> int:
    bare: dict[str, Any] = {
        "name": requester.name.strip() or requester.phone or requester.external_id,
        "external_id": requester.external_id,
        "role": _END_USER,
        "skip_verify_email": True,
    }
    more: dict[str, Any] = {"phone": requester.phone, "locale": requester.language}
    more = {name: value for name, value in more.items() if value}
    if alike:
        ids = ", ".join(str(i) for i in alike[:10])
        bare["notes"] = f"Shares the phone number with other people here, not merged: {ids}"
    try:
        return _put(client, bare | more)
    except Rejected:
        if not more:
            raise
        # A person without a phone number in the profile is better than no ticket.
        return _put(client, bare)


def _put(client: Client, facts: dict[str, Any]) -> int:
    def act(zenpy: Zenpy) -> int:
        return int(zenpy.users.create_or_update(User(**facts)).id)

    return client.write(_MAKE, act)
