"""What we send to Zendesk against its official description, wherever in the suite it is sent.

A description lets unknown keys pass, so the keys of what we write are looked up one by one. What is
said alike is checked once a run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest

DESCRIPTION = "zendesk/zendesk_support.overlay.openapi.json"
# Written in Zendesk's documentation of tickets and users, and left out of its description.
DOCUMENTED = frozenset({"html_body", "skip_verify_email", "phone", "locale", "id", "status",
                        "external_attachment_urls"})  # fmt: skip
# Described nowhere (the OAuth counter), in a description of its own (webhooks), or wrongly: the
# overlay has the body of an upload as JSON.
ELSEWHERE = re.compile(r"/oauth/|/api/v2/webhooks|/api/v2/uploads|/api/v2/macros|/attachments/")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    key: str = ""  # the Idempotency-Key

    @classmethod
    def raw(cls, method: str, path: str, query: str, body: str, headers: Mapping[str, str]) -> Sent:
        lower = {name.lower(): value for name, value in headers.items()}
        return cls(method, path, dict(parse_qsl(query)), body, lower.get("idempotency-key", ""))


class Described:
    def __init__(self, vendor: Path) -> None:
        self._file = vendor / DESCRIPTION
        self._checked: set[str] = set()

    def check(self, sent: Sent) -> None:
        """Raise what openapi-core raises, or AssertionError for a key that nobody knows."""
        if ELSEWHERE.search(sent.path) or self._is_known(sent):
            return
        api, keys = _described(self._file)
        api.validate_request(_as_described(sent))
        body = json.loads(sent.body) if sent.body else None
        strangers = set(written(body)) - keys - DOCUMENTED
        assert not strangers, (sent.method, sent.path, strangers)

    def _is_known(self, sent: Sent) -> bool:
        shape = _shape(json.loads(sent.body)) if sent.body else None
        path = _NUMBER.sub("0", sent.path)
        said = repr((sent.method, path, sorted(sent.query), bool(sent.key), shape))
        known = said in self._checked
        self._checked.add(said)
        return known


def _shape(value: Any) -> Any:
    """Words that may be one of a few stay; ids and texts do not matter."""
    if isinstance(value, dict):
        return {key: key if key == "metadata" else _shape(below) for key, below in value.items()}
    if isinstance(value, list):
        return sorted({repr(_shape(each)) for each in value})
    if isinstance(value, str):
        return value if re.fullmatch(r"[a-z-]{1,12}", value) else "text"
    return type(value).__name__


@cache
def _described(file: Path) -> tuple[OpenAPI, frozenset[str]]:
    raw = json.loads(file.read_text())

    def walk(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            properties = node.get("properties")
            yield from properties if isinstance(properties, dict) else ()
            for value in node.values():
                yield from walk(value)
        elif isinstance(node, list):
            for value in node:
                yield from walk(value)

    return OpenAPI.from_dict(raw), frozenset(walk(raw["components"]["schemas"]))


def written(body: Any) -> Iterator[str]:
    """The keys that we wrote; what is inside metadata is ours."""
    if isinstance(body, list):
        for each in body:
            yield from written(each)
    elif isinstance(body, dict):
        for key, value in body.items():
            yield key
            if key != "metadata":
                yield from written(value)


def _as_described(sent: Sent) -> MockRequest:
    headers = {"Authorization": "Bearer x"}
    if sent.key:
        headers["Idempotency-Key"] = sent.key
    raw = sent.body
    body = json.loads(raw) if raw else None
    if isinstance(body, dict) and "ticket" in body:
        # The description takes a field's value for its definition; test_tickets shows ours.
        ticket = {k: v for k, v in body["ticket"].items() if k != "custom_fields"}
        raw = json.dumps({"ticket": ticket})
    return MockRequest(
        "http://127.0.0.1", sent.method.lower(), sent.path.removesuffix(".json"),
        args=dict(sent.query), headers=headers, data=raw.encode() or None,
        content_type="application/json",
    )  # fmt: skip
