"""Zendesk's refusals, as it words them."""

from __future__ import annotations

from typing import Any


class RefusedError(Exception):
    """Zendesk would not do it; the text says why."""

    def __init__(self, status: int, error: str, description: str, details: Any = None) -> None:
        super().__init__(description)
        self.status = status
        self.headers: dict[str, str] = {}
        self.body: dict[str, Any] = {"error": error, "description": description}
        if details is not None:
            self.body["details"] = details


def invalid(field: str, description: str, error: str = "InvalidValue") -> RefusedError:
    details = {field: [{"description": description, "error": error}]}
    return RefusedError(422, "RecordInvalid", "Record validation errors", details)


def closed() -> RefusedError:
    details = {"status": [{"description": "Status: closed prevents ticket update"}]}
    return RefusedError(422, "RecordInvalid", "Record validation errors", details)


def missing() -> RefusedError:
    return RefusedError(404, "RecordNotFound", "Not found")


def bad_request(description: str) -> RefusedError:
    return RefusedError(400, "BadRequest", description)


def only(facts: Any, allowed: frozenset[str], what: str) -> dict[str, Any]:
    """The object, if each of its keys is known. Zendesk would ignore a misspelt one."""
    if not isinstance(facts, dict):
        raise bad_request(f"{what} must be an object")
    unknown = set(facts) - allowed
    if unknown:
        raise bad_request(f"unknown keys in {what}: {', '.join(sorted(unknown))}")
    return facts


def too_many(wait: int) -> RefusedError:
    refused = RefusedError(429, "APIRateLimitExceeded", "Number of allowed updates exceeded")
    refused.headers["Retry-After"] = str(wait)
    return refused


def suspended() -> RefusedError:
    return invalid("requester", "Requester: is suspended.")
